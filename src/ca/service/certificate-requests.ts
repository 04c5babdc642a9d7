/**
 * What every protocol that asks for certificates goes through, whatever its messages look like:
 * authenticate, wait for a turn, verify the request, pass the gate; and every refusal is counted and on record.
 */

import { peerSide } from '../../platform/address-side.ts'
import type { Clock } from '../../platform/clock.ts'
import type { ErrorCode } from '../../platform/error-codes.ts'
import { errorFrom, MeshwrightError } from '../../platform/errors.ts'
import type { Log } from '../../platform/log.ts'
import type { RpcCaller, UnaryCall } from '../../platform/rpc.ts'
import type { Admission } from '../admission/admission.ts'
import { probableUrgency, urgencyOf } from '../admission/urgency.ts'
import { type Authenticator, authenticate, unauthenticated } from '../authenticate/authenticator.ts'
import { type NodeAuthorizer, proveRepresented } from '../authenticate/node-proxy.ts'
import { evidenceDetail, type WorkloadProof } from '../certificates/identity-proof.ts'
import type { Gate } from '../certificates/issue.ts'
import { type KeyRules, warnOfEd25519 } from '../certificates/public-key.ts'
import { isForCallers, signingError } from '../certificates/signing-error.ts'
import type { Cryptography } from '../cryptography/cryptography.ts'
import type { IssuedChain } from '../issuers/issuer.ts'
import type { RefusalLog } from '../log/refusals.ts'
import type { CaCounters } from '../metrics.ts'

export interface CertificateRequests {
  /** Whether it is worth reading the caller's request. Throws `CA_BUSY`. */
  requireRoom(caller: RpcCaller): void
  /** Throws `CA_UNAUTHENTICATED`, `CA_CALLER_UNVERIFIABLE`, `CA_REQUEST_INVALID` (too large). Looks at no message. */
  authenticated(call: UnaryCall): Promise<WorkloadProof>
  /** The node's proof becomes one for a workload on it. Throws `CA_IMPERSONATION_REFUSED`, `CA_CALLER_UNVERIFIABLE`. */
  represented(node: WorkloadProof, identity: string): Promise<WorkloadProof>
  /**
   * Throws what `Gate.issue` does, `CA_CSR_INVALID`, `CA_BUSY` and `CA_CANCELLED`; a refused join token is
   * `CA_UNAUTHENTICATED`. Of our own faults the message is the code only, so that it can be shown to the caller.
   */
  issue(call: UnaryCall, proof: WorkloadProof, asked: AskedCertificate): Promise<IssuedChain>
}

export interface AskedCertificate {
  readonly csr: string
  /** Not positive: the default. */
  readonly ttlMs: number
}

export interface CertificateRequestsOptions {
  /** In the order in which they are tried. */
  readonly authenticators: readonly Authenticator[]
  /** Absent: nobody may ask for another's certificate. */
  readonly nodeAuthorizer: NodeAuthorizer | undefined
  readonly gate: Gate
  readonly admission: Admission
  readonly cryptography: Cryptography
  readonly keyRules: KeyRules
  readonly refusals: RefusalLog
  readonly counters: CaCounters
  readonly clock: Clock
  readonly log: Log
}

export function createCertificateRequests(options: CertificateRequestsOptions): CertificateRequests {
  const { authenticators, nodeAuthorizer, gate, admission, cryptography, keyRules } = options
  const { refusals, counters, clock, log } = options

  const sign = async (proof: WorkloadProof, asked: AskedCertificate): Promise<IssuedChain> => {
    const { publicKey } = await cryptography.verifyCsr(asked.csr, keyRules)
    if (publicKey.kind === 'ed25519') warnOfEd25519(log, proof)
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
    return issued
  }

  const refusalOf = (thrown: unknown, proof: WorkloadProof): MeshwrightError => {
    const error = errorFrom(thrown)
    const { identity, peerAddress, evidence } = proof
    const facts = { identity: identity.uri, peer: peerAddress, code: error.code, reason: error.message }
    // Admission tells of herds itself.
    const level = error.code === 'CA_BUSY' || error.code === 'CA_CANCELLED' ? 'debug' : 'warn'
    log[level]({ ...facts, cause: error.cause }, 'certificate refused')
    if (isVerdict(error.code)) {
      const caller = { evidence: evidence.kind, detail: evidenceDetail(evidence), peerAddress }
      refusals.request({ identity: identity.uri, caller, code: error.code, reason: error.message })
    }
    if (error.code === 'JOIN_TOKEN_REFUSED') {
      counters.citadel_server_authentication_failure_count += 1
      return unauthenticated()
    }
    if (error.code === 'CA_CSR_INVALID') counters.citadel_server_csr_parsing_err_count += 1
    else counters.citadel_server_csr_sign_err_count += 1
    return isForCallers(error.code) ? error : new MeshwrightError(error.code, { message: error.code, cause: error })
  }

  return {
    requireRoom(caller) {
      try {
        const urgency = probableUrgency(caller, clock.now())
        admission.requireRoom({ address: peerSide(caller.peer.address), urgency })
      } catch (thrown) {
        counters.citadel_server_csr_count += 1
        counters.citadel_server_csr_sign_err_count += 1
        throw signingError(thrown)
      }
    },
    async authenticated(call) {
      counters.citadel_server_csr_count += 1
      // Before anybody waits: who waits keeps the message.
      if (call.body.length > longestMessageBytes) throw tooLarge(call.body.length)
      try {
        return await authenticate(authenticators, call, log)
      } catch (thrown) {
        counters.citadel_server_authentication_failure_count += 1
        refusals.caller(call.peer.address, errorFrom(thrown).code)
        throw thrown
      }
    },
    async represented(node, identity) {
      try {
        return await proveRepresented(node, identity, { authorizer: nodeAuthorizer, log })
      } catch (thrown) {
        const caller = {
          evidence: node.evidence.kind,
          detail: evidenceDetail(node.evidence),
          peerAddress: node.peerAddress,
        }
        const { code, message } = errorFrom(thrown)
        refusals.request({ identity: node.identity.uri, caller, code, reason: `${message}: ${identity}` })
        throw thrown
      }
    },
    async issue(call, proof, asked) {
      const { signal, peer } = call
      const urgency = urgencyOf(proof, peer, clock.now())
      const request = { signal, caller: proof.identity.uri, address: peerSide(peer.address), urgency }
      try {
        const issued = await admission.run(request, () => sign(proof, asked))
        counters.citadel_server_success_cert_issuance_count += 1
        return issued
      } catch (thrown) {
        throw refusalOf(thrown, proof)
      }
    },
  }
}

/** A request with an RSA-4096 key is 2 KB. */
const longestMessageBytes = 64 * 1024

/** A judgement on the caller, as opposed to our being busy, or the caller's being gone. */
function isVerdict(code: ErrorCode): boolean {
  return (
    code === 'CA_CSR_INVALID' || code === 'CA_TTL_TOO_LONG' || code === 'CA_REVOKED' || code === 'JOIN_TOKEN_REFUSED'
  )
}

function tooLarge(bytes: number): MeshwrightError {
  return new MeshwrightError('CA_REQUEST_INVALID', {
    message: `the request has ${bytes} bytes, more than the ${longestMessageBytes} that any takes`,
  })
}
