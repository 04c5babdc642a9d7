/**
 * The wire form of AgentService (protos/meshwright/agent/v1/agent.proto), the agent's half. Written by hand: a schema
 * library would cost more memory than the messages are worth.
 */

import { lengthDelimited, varint } from '../../platform/encoded-resource.ts'
import type { Checkpoint as SignedTree } from '../../platform/transparency/checkpoint-note.ts'
import type { ConsistencyProof } from '../../platform/transparency/proofs.ts'
import { wireFields } from '../wire-fields.ts'
import type { FederatedRoots, MeshTrust } from './mesh-trust.ts'

export const attendPath = '/meshwright.agent.v1.AgentService/Attend'

export interface AgentReport {
  readonly nodeId: string
  readonly instanceId: string
  readonly appliedTrustGeneration: number
  readonly certificate: CertificateFacts | undefined
  readonly checkpoint: Checkpoint | undefined
  /** '': the last order was followed. */
  readonly fault: string
  readonly version: string
  /** The newest statement that the authority gave to keep; empty: none so far. */
  readonly kept: Buffer
  readonly recalled: EventPart | undefined
  readonly logComplaint: LogComplaint | undefined
}

/** What is wrong with the transparency log, in this agent's eyes. */
export interface LogComplaint {
  /**
   * `roll-back`: it was longer. `fork`: it had other entries. `foreign`: it is signed with another key than the one that
   * was seen first. `bad-signature`: it is not signed with that key. `unproved`: the daemon does not prove that it goes on.
   */
  readonly kind: 'roll-back' | 'fork' | 'foreign' | 'bad-signature' | 'unproved'
  readonly message: string
}

/** Consecutive events of the chain of revocations, as they were given. */
export interface EventPart {
  readonly first: number
  readonly bodies: readonly Buffer[]
}

export interface Custody extends EventPart {
  readonly statement: Buffer
  /** What was kept before is of no use any more. */
  readonly replaces: boolean
}

export interface CertificateFacts {
  /** Upper-case hexadecimal. */
  readonly serialNumber: string
  readonly notAfterMs: number
  /** SHA-256 of the DER, lower-case hexadecimal; '' when no root is known that it ends in. */
  readonly rootFingerprint: string
  /** SHA-256 of the SubjectPublicKeyInfo, lower-case hexadecimal. */
  readonly keyFingerprint: string
}

/** Of the transparency log. */
export interface Checkpoint extends SignedTree {
  /** As it was received. */
  readonly encoded: Buffer
}

export interface CheckpointProof {
  /** Ed25519, 32 bytes. */
  readonly publicKey: Buffer
  /** Undefined: the daemon has none. */
  readonly path: Omit<ConsistencyProof, 'treeSize'> | undefined
}

export interface AgentOrder {
  readonly trust: MeshTrust | undefined
  readonly renewal: RenewalOrder | undefined
  readonly checkpoint: Checkpoint | undefined
  readonly custody: Custody | undefined
  readonly recall: { readonly from: number } | undefined
  readonly proof: CheckpointProof | undefined
}

export interface RenewalOrder {
  readonly withinMs: number
  /** '': whatever it is. */
  readonly rootFingerprint: string
  readonly keyFingerprint: string
  readonly reason: string
}

export function encodeReport(report: AgentReport): Buffer {
  const { certificate, checkpoint, logComplaint } = report
  return Buffer.concat([
    text(1, report.nodeId),
    text(2, report.instanceId),
    number(3, report.appliedTrustGeneration),
    ...(certificate === undefined ? [] : [lengthDelimited(4, encodeCertificate(certificate))]),
    ...(checkpoint === undefined ? [] : [lengthDelimited(5, checkpoint.encoded)]),
    text(6, report.fault),
    text(7, report.version),
    lengthDelimited(8, report.kept.length === 0 ? nothing : lengthDelimited(1, report.kept)),
    ...(report.recalled === undefined ? [] : [lengthDelimited(9, encodePart(report.recalled))]),
    ...(logComplaint === undefined
      ? []
      : [lengthDelimited(10, Buffer.concat([text(1, logComplaint.kind), text(2, logComplaint.message)]))]),
  ])
}

/** Throws INTERNAL when it does not parse. */
export function decodeOrder(body: Uint8Array): AgentOrder {
  const parts: { -readonly [K in keyof AgentOrder]: AgentOrder[K] } = {
    trust: undefined,
    renewal: undefined,
    checkpoint: undefined,
    custody: undefined,
    recall: undefined,
    proof: undefined,
  }
  for (const { field, bytes } of wireFields(body)) {
    if (field === 1) parts.trust = decodeTrust(bytes)
    if (field === 2) parts.renewal = decodeRenewal(bytes)
    if (field === 3) parts.checkpoint = decodeCheckpoint(bytes)
    if (field === 4) parts.custody = decodeCustody(bytes)
    if (field === 5) parts.recall = { from: numberField(bytes, 1) }
    if (field === 6) parts.proof = decodeProof(bytes)
  }
  return parts
}

function encodeCertificate(facts: CertificateFacts): Buffer {
  return Buffer.concat([
    text(1, facts.serialNumber),
    number(2, facts.notAfterMs),
    text(3, facts.rootFingerprint),
    text(4, facts.keyFingerprint),
  ])
}

function encodePart({ first, bodies }: EventPart): Buffer {
  return Buffer.concat([number(1, first), ...bodies.map(body => lengthDelimited(2, body))])
}

function decodeCustody(body: Buffer): Custody {
  let [statement, first, replaces] = [nothing, 0, false]
  const bodies: Buffer[] = []
  for (const { field, bytes, number: value } of wireFields(body)) {
    // Copies: the message is only valid during the call.
    if (field === 1) statement = Buffer.from(bytes)
    if (field === 2) first = value
    if (field === 3) bodies.push(Buffer.from(bytes))
    if (field === 4) replaces = value !== 0
  }
  return { statement, first, replaces, bodies }
}

function numberField(body: Buffer, wanted: number): number {
  let found = 0
  for (const { field, number: value } of wireFields(body)) if (field === wanted) found = value
  return found
}

function decodeTrust(body: Buffer): MeshTrust {
  let generation = 0
  let rootsPem = ''
  let crlsPem = ''
  const federated: FederatedRoots[] = []
  for (const { field, bytes, number: value } of wireFields(body)) {
    if (field === 1) generation = value
    if (field === 2) rootsPem = bytes.toString('utf8')
    if (field === 3) crlsPem = bytes.toString('utf8')
    if (field === 4) federated.push(decodeFederated(bytes))
  }
  return { generation, rootsPem, crlsPem, federated }
}

function decodeFederated(body: Buffer): FederatedRoots {
  let trustDomain = ''
  let rootsPem = ''
  for (const { field, bytes } of wireFields(body)) {
    if (field === 1) trustDomain = bytes.toString('utf8')
    if (field === 2) rootsPem = bytes.toString('utf8')
  }
  return { trustDomain, rootsPem }
}

function decodeRenewal(body: Buffer): RenewalOrder {
  let withinMs = 0
  const texts = ['', '', '']
  for (const { field, bytes, number: value } of wireFields(body)) {
    if (field === 1) withinMs = value
    else if (field <= 4) texts[field - 2] = bytes.toString('utf8')
  }
  const [rootFingerprint = '', keyFingerprint = '', reason = ''] = texts
  return { withinMs, rootFingerprint, keyFingerprint, reason }
}

/** Throws INTERNAL when it does not parse. */
export function decodeCheckpoint(body: Buffer): Checkpoint {
  let [origin, treeSize, rootHash, signature] = ['', 0, nothing, nothing]
  // A copy: the message is only valid during the call.
  const encoded = Buffer.from(body)
  for (const { field, bytes, number: value } of wireFields(encoded)) {
    if (field === 1) origin = bytes.toString('utf8')
    if (field === 2) treeSize = value
    if (field === 3) rootHash = bytes
    if (field === 4) signature = bytes
  }
  return { origin, treeSize, rootHash, signature, encoded }
}

function decodeProof(body: Buffer): CheckpointProof {
  let [publicKey, isProved, fromSize] = [nothing, false, 0]
  const path: Buffer[] = []
  for (const { field, bytes, number: value } of wireFields(body)) {
    if (field === 1) publicKey = Buffer.from(bytes)
    if (field === 2) isProved = value !== 0
    if (field === 3) fromSize = value
    if (field === 4) path.push(Buffer.from(bytes))
  }
  return { publicKey, path: isProved ? { fromSize, path } : undefined }
}

/** Defaults are left out, as everywhere in proto3. */
function text(field: number, value: string): Buffer {
  return value === '' ? nothing : lengthDelimited(field, Buffer.from(value))
}

function number(field: number, value: number): Buffer {
  return value === 0 ? nothing : Buffer.concat([varint(field * 8), varint(value)])
}

const nothing: Buffer = Buffer.alloc(0)
