/** The client's half of istio.v1.auth.IstioCertificateService (istio/api security/v1alpha1/ca.proto). */

import { lengthDelimited, varint } from '../../platform/encoded-resource.ts'
import { MeshwrightError } from '../../platform/errors.ts'
import { CallFailed, type DaemonClient } from '../daemon/daemon-client.ts'
import { wireFields } from '../wire-fields.ts'
import { type SuggestedRenewal, suggestedRenewal } from './suggested-renewal.ts'

export interface SigningRequest {
  readonly csrPem: string
  readonly ttlMs: number
  readonly clusterId: string
  /** A join token; undefined when the connection's certificate is the credential. */
  readonly bearer: string | undefined
}

export interface SignedChain {
  readonly chainPem: string
  readonly rootsPem: string
  /** When the daemon would like it to be renewed; authorities of others say nothing. */
  readonly renewal?: SuggestedRenewal
}

/** Throws `CallFailed`, and AGENT_CERTIFICATE_INVALID when the answer holds no chain with a root. */
export async function createCertificate(client: DaemonClient, request: SigningRequest): Promise<SignedChain> {
  const body = Buffer.concat([
    lengthDelimited(1, Buffer.from(request.csrPem)),
    varint(3 * 8), // validity_duration, in seconds
    varint(Math.max(1, Math.round(request.ttlMs / 1000))),
  ])
  const metadata = {
    clusterid: request.clusterId,
    ...(request.bearer === undefined ? {} : { authorization: `Bearer ${request.bearer}` }),
  }
  let renewal: SuggestedRenewal | undefined
  const answer = await client.unary(createCertificatePath, body, {
    metadata,
    timeoutMs: callTimeoutMs,
    onMetadata: received => {
      renewal = suggestedRenewal(received)
    },
  })
  const certificates: string[] = []
  for (const { field, bytes } of wireFields(answer)) if (field === 1) certificates.push(bytes.toString('utf8'))
  const roots = certificates.pop()
  // The root bundle is the last element; a lone element would be a leaf without a root.
  if (roots === undefined || certificates.length === 0) {
    throw new MeshwrightError('AGENT_CERTIFICATE_INVALID', {
      message: `the authority answered with ${certificates.length + (roots === undefined ? 0 : 1)} certificates, which is no chain with a root`,
    })
  }
  const chain = { chainPem: certificates.join(''), rootsPem: roots }
  return renewal === undefined ? chain : { ...chain, renewal }
}

/** Whether trying again with the same credential can help. */
export function isPassing(error: unknown): boolean {
  if (!(error instanceof CallFailed)) return false
  return !['UNAUTHENTICATED', 'PERMISSION_DENIED', 'INVALID_ARGUMENT', 'UNIMPLEMENTED'].includes(error.status.code)
}

/** How long the daemon asks to be left alone; 0 when it does not. */
export function retryAfterMs(error: unknown): number {
  return error instanceof CallFailed ? (error.status.retryAfterMs ?? 0) : 0
}

const createCertificatePath = '/istio.v1.auth.IstioCertificateService/CreateCertificate'
const callTimeoutMs = 10_000
