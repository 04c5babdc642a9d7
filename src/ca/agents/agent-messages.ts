/** The wire form of AgentService (protos/meshwright/agent/v1/agent.proto), the daemon's half. */

import { MeshwrightError } from '../../platform/errors.ts'
import { typesOf } from '../../platform/protobuf.ts'
import type { Checkpoint } from '../../platform/transparency/checkpoint-note.ts'
import type { ConsistencyProof } from '../../platform/transparency/proofs.ts'
import { crlsPemOf, rootsPemOf, type TrustState } from '../trust/trust-state.ts'

export interface AgentReport {
  readonly nodeId: string
  readonly instanceId: string
  /** 0: none so far. */
  readonly appliedTrustGeneration: number
  readonly certificate: ReportedCertificate | undefined
  readonly checkpoint: Checkpoint | undefined
  /** Why the last order could not be followed; empty when it was. */
  readonly fault: string
  readonly version: string
  /** The newest statement of revocations that it keeps; empty: none yet; undefined: it keeps none at all. */
  readonly kept: Buffer | undefined
  /** What it was asked for, of the chain of revocations. */
  readonly recalled: { readonly first: number; readonly bodies: readonly Buffer[] } | undefined
  /** What is wrong with the log, in its eyes. */
  readonly logComplaint: { readonly kind: string; readonly message: string } | undefined
}

export interface ReportedCertificate {
  /** Upper-case hexadecimal. */
  readonly serialNumber: string
  readonly notAfterMs: number
  /** SHA-256, lower-case hexadecimal. */
  readonly rootFingerprint: string
  readonly keyFingerprint: string
}

export interface RenewalOrder {
  /** Each agent takes a random time in it; 0: at once. */
  readonly withinMs: number
  /** Only certificates that end in this root; '': any. */
  readonly rootFingerprint: string
  /** Only certificates of this key; '': any. */
  readonly keyFingerprint: string
  readonly reason: string
}

export interface AgentMessages {
  /** Throws `AGENT_REPORT_INVALID`. */
  decodeReport(body: Uint8Array): AgentReport
  encodeTrust(state: TrustState): Uint8Array
  encodeRenewal(renewal: RenewalOrder): Uint8Array
  /** `proof`: from what the agent showed; undefined: that is no part of the log. */
  encodeCheckpoint(checkpoint: Checkpoint, publicKey: Buffer, proof: ConsistencyProof | undefined): Uint8Array
  encodeCustody(statement: Buffer, events: GivenEvents): Uint8Array
  encodeRecall(fromSequence: number): Uint8Array
}

/** A part of the chain of revocations, to be kept. */
export interface GivenEvents {
  readonly first: number
  /** Instead of all that the agent has. */
  readonly replaces: boolean
  readonly bodies: readonly Buffer[]
}

export const attendPath = '/meshwright.agent.v1.AgentService/Attend'

export function agentMessages(): AgentMessages {
  const typeOf = typesOf('meshwright/agent/v1/agent.proto')
  const encode = (order: Record<string, unknown>): Uint8Array => {
    const orderType = typeOf('meshwright.agent.v1.AgentOrder')
    return orderType.encode(orderType.fromObject(order)).finish()
  }
  return {
    decodeReport(body) {
      try {
        const reportType = typeOf('meshwright.agent.v1.AgentReport')
        const plain = reportType.toObject(reportType.decode(body), { longs: Number, defaults: true, arrays: true })
        // The shape is the schema's, with every default filled in; absent messages are null.
        return reportFrom(plain as unknown as PlainReport)
      } catch (cause) {
        throw new MeshwrightError('AGENT_REPORT_INVALID', { message: 'the message is no AgentReport', cause })
      }
    },
    encodeTrust: state =>
      encode({
        trust: {
          generation: state.generation,
          rootsPem: rootsPemOf(state),
          crlsPem: crlsPemOf(state),
          federated: state.federated,
        },
      }),
    encodeRenewal: renewal => encode({ renewal }),
    encodeCheckpoint: ({ origin, treeSize, rootHash, signature }, publicKey, proof) =>
      encode({
        checkpoint: { origin, treeSize, rootHash, signature },
        proof: {
          publicKey,
          ...(proof === undefined ? {} : { isProved: true, fromSize: proof.fromSize, path: proof.path }),
        },
      }),
    encodeCustody: (statement, { first, replaces, bodies }) =>
      encode({ custody: { statement, firstSequence: first, replaces, events: bodies } }),
    encodeRecall: fromSequence => encode({ recall: { fromSequence } }),
  }
}

type PlainReport = Omit<AgentReport, 'certificate' | 'checkpoint' | 'kept' | 'recalled' | 'logComplaint'> & {
  readonly logComplaint: { readonly kind: string; readonly message: string } | null
  readonly kept: { readonly statement: Buffer } | null
  readonly recalled: { readonly firstSequence: number; readonly events: readonly Buffer[] } | null
  readonly certificate: ReportedCertificate | null
  readonly checkpoint: Checkpoint | null
}

function reportFrom({ certificate, checkpoint, kept, recalled, logComplaint, ...rest }: PlainReport): AgentReport {
  return {
    ...rest,
    logComplaint: logComplaint ?? undefined,
    certificate: certificate ?? undefined,
    checkpoint: checkpoint === null ? undefined : copied(checkpoint),
    kept: kept === null ? undefined : Buffer.from(kept.statement),
    recalled:
      recalled === null
        ? undefined
        : { first: recalled.firstSequence, bodies: recalled.events.map(body => Buffer.from(body)) },
  }
}

/** The message is only valid during the call. */
function copied({ origin, treeSize, rootHash, signature }: Checkpoint): Checkpoint {
  return { origin, treeSize, rootHash: Buffer.from(rootHash), signature: Buffer.from(signature) }
}
