/**
 * IstioCertificateService/CreateCertificate as Istio's agents know it: answers leaf, intermediates and, last, all roots.
 * Statuses and texts are Istio's. When to renew goes beside the message, as initial metadata, for agents that look.
 */

import type { RpcMetadata, RpcMethod, UnaryAnswer } from '../../platform/rpc.ts'
import { signingError } from '../certificates/signing-error.ts'
import { certificateMessages, createCertificatePath } from './certificate-messages.ts'
import type { CertificateRequests } from './certificate-requests.ts'
import type { RenewalSchedule, RenewalWindow } from './renewal-schedule.ts'

export interface CertificateServiceOptions {
  readonly requests: CertificateRequests
  readonly rootBundlePem: () => string
  readonly renewals: RenewalSchedule
  readonly nowMs: () => number
}

export type UnaryMethod = Extract<RpcMethod, { kind: 'unary' }>

export function certificateService(options: CertificateServiceOptions): UnaryMethod {
  const { requests, rootBundlePem, renewals, nowMs } = options
  const messages = certificateMessages()
  return {
    kind: 'unary',
    path: createCertificatePath,
    admit: requests.requireRoom,
    async handle(call): Promise<UnaryAnswer> {
      const caller = await requests.authenticated(call)
      const { csr, validitySeconds, impersonatedIdentity } = messages.decodeRequest(call.body)
      const proof =
        impersonatedIdentity === undefined ? caller : await requests.represented(caller, impersonatedIdentity)
      const asked = { csr, ttlMs: validitySeconds * 1000 }
      const issued = await requests.issue(call, proof, asked).catch((thrown: unknown) => {
        throw signingError(thrown)
      })
      const body = messages.encodeResponse([issued.leafPem, ...issued.intermediatePems, rootBundlePem()])
      return { body, metadata: renewalMetadata(renewals.suggest(nowMs(), issued.notAfterMs)) }
    },
  }
}

function renewalMetadata({ afterMs, beforeMs }: RenewalWindow): RpcMetadata {
  return { 'meshwright-renew-after-ms': String(afterMs), 'meshwright-renew-before-ms': String(beforeMs) }
}
