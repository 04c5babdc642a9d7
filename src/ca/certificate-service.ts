/**
 * IstioCertificateService/CreateCertificate as Istio's agents know it: authenticate before anything is parsed, take the
 * identity from the proof, sign, answer leaf, intermediates and, last, all roots. Statuses and texts are Istio's.
 */

import type { ErrorCode } from '../platform/error-codes.ts'
import { errorFrom, MeshwrightError } from '../platform/errors.ts'
import type { Log } from '../platform/log.ts'
import type { RpcMethod, UnaryCall } from '../platform/rpc.ts'
import type { Admission } from './admission.ts'
import { type Authenticator, authenticate, unauthenticated } from './authenticate/authenticator.ts'
import { certificateMessages, createCertificatePath } from './certificate-messages.ts'
import { verifyCsr } from './csr.ts'
import type { WorkloadProof } from './identity-proof.ts'
import type { Gate } from './issue.ts'
import type { CaCounters } from './metrics.ts'
import type { KeyRules } from './public-key.ts'

export interface CertificateServiceOptions {
  /** In the order in which they are tried. */
  readonly authenticators: readonly Authenticator[]
  readonly gate: Gate
  readonly admission: Admission
  readonly rootBundlePem: () => string
  readonly keyRules: KeyRules
  readonly counters: CaCounters
  readonly log: Log
}

export type UnaryMethod = Extract<RpcMethod, { kind: 'unary' }>

export function certificateService(options: CertificateServiceOptions): UnaryMethod {
  const { authenticators, counters, log } = options
  const messages = certificateMessages()

  const handle = async (call: UnaryCall): Promise<{ body: Uint8Array }> => {
    counters.citadel_server_csr_count += 1
    const proof = counted(counters, 'citadel_server_authentication_failure_count', () =>
      authenticate(authenticators, call, log),
    )
    const request = messages.decodeRequest(call.body)
    requireOwnIdentity(proof, request.impersonatedIdentity, log)
    const ttlMs = request.validitySeconds * 1000
    try {
      const chain = await options.admission.run(call.signal, () =>
        signedChain(options, proof, { csr: request.csr, ttlMs }),
      )
      counters.citadel_server_success_cert_issuance_count += 1
      return { body: messages.encodeResponse(chain) }
    } catch (thrown) {
      throw answerTo(thrown, { proof, counters, log })
    }
  }
  return { kind: 'unary', path: createCertificatePath, handle }
}

interface Asked {
  readonly csr: string
  readonly ttlMs: number
}

async function signedChain(
  options: CertificateServiceOptions,
  proof: WorkloadProof,
  asked: Asked,
): Promise<readonly string[]> {
  const { gate, rootBundlePem, keyRules, log } = options
  const { publicKey } = verifyCsr(asked.csr, keyRules)
  if (publicKey.kind === 'ed25519') {
    log.warn({ identity: proof.identity.uri, peer: proof.peerAddress }, 'an Ed25519 key: Envoys refuse this workload')
  }
  const issued = await gate.issue(proof, publicKey, asked.ttlMs)
  log.info(
    {
      identity: proof.identity.uri,
      evidence: proof.evidence,
      peer: proof.peerAddress,
      serialNumber: issued.serialNumber,
      notAfterMs: issued.notAfterMs,
    },
    'certificate issued',
  )
  return [issued.leafPem, ...issued.intermediatePems, rootBundlePem()]
}

/** Nobody may ask for another's identity. Istio's text, also for the day on which node agents may. */
function requireOwnIdentity(proof: WorkloadProof, impersonated: string | undefined, log: Log): void {
  if (impersonated === undefined) return
  log.warn({ identity: proof.identity.uri, impersonated, peer: proof.peerAddress }, 'impersonation refused')
  throw new MeshwrightError('CA_IMPERSONATION_REFUSED', { message: 'request impersonation authentication failure' })
}

interface Failing {
  readonly proof: WorkloadProof
  readonly counters: CaCounters
  readonly log: Log
}

/** Errors that the caller can act on keep their text; of our own faults it learns the code only. */
const explained: ReadonlySet<ErrorCode> = new Set([
  'CA_CSR_INVALID',
  'CA_TTL_TOO_LONG',
  'CA_NOT_READY',
  'CA_CERTIFICATE_GENERATION',
  'CA_BUSY',
  'CA_REVOKED',
])

function answerTo(thrown: unknown, { proof, counters, log }: Failing): MeshwrightError {
  const error = errorFrom(thrown)
  const facts = { identity: proof.identity.uri, peer: proof.peerAddress, code: error.code, reason: error.message }
  log.warn({ ...facts, cause: error.cause }, 'certificate refused')
  if (error.code === 'JOIN_TOKEN_REFUSED') {
    counters.citadel_server_authentication_failure_count += 1
    return unauthenticated()
  }
  if (error.code === 'CA_CSR_INVALID') counters.citadel_server_csr_parsing_err_count += 1
  else counters.citadel_server_csr_sign_err_count += 1
  const text = explained.has(error.code) ? error.message : error.code
  return new MeshwrightError(error.code, { message: `CSR signing error (${text})`, cause: error })
}

function counted<T>(counters: CaCounters, failures: keyof CaCounters, task: () => T): T {
  try {
    return task()
  } catch (thrown) {
    counters[failures] += 1
    throw thrown
  }
}
