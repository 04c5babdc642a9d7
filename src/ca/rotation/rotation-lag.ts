/** Who a step of the rotation waits for, and why. Pure: reports of agents and the record of issuances in, names out. */

import type { AgentStatus } from '../agents/agents.ts'
import type { CurrentLeaf, Rotation } from './rotation-records.ts'

export interface Laggard {
  /** The agent's node id; '' for a certificate without an agent. */
  readonly node: string
  readonly identity: string
  readonly serialNumber: string
  readonly reason: string
}

export interface Progress {
  /** Agents, and certificates without one. */
  readonly total: number
  /** By node and serial number. */
  readonly laggards: readonly Laggard[]
}

export interface Population {
  readonly agents: readonly AgentStatus[]
  readonly leaves: readonly CurrentLeaf[]
}

/** Everybody trusts both roots: agents by what their Envoys acknowledged, others by their last issuance. */
export function distributionProgress(
  rotation: Pick<Rotation, 'generation' | 'lastIssuance'>,
  population: Population,
): Progress {
  return progress(population, {
    agent({ report }) {
      if (report.appliedTrustGeneration >= rotation.generation) return undefined
      const has = report.appliedTrustGeneration === 0 ? 'none so far' : `${report.appliedTrustGeneration}`
      const fault = report.fault === '' ? '' : `: ${report.fault}`
      return `its Envoy has not acknowledged trust of generation ${rotation.generation} (it has ${has})${fault}`
    },
    leaf(leaf) {
      if (leaf.number > rotation.lastIssuance) return undefined
      return `no agent attends with it: it counts when it is renewed, or ends at ${formatTime(leaf.notAfterMs)}`
    },
  })
}

/** Nothing that lives chains to the old root. */
export function reissueProgress(rotation: Rotation, population: Population): Progress {
  const dueMs = rotation.stepAtMs + rotation.windowMs
  return progress(population, {
    agent({ report }) {
      if (report.certificate?.rootFingerprint === rotation.toRoot) return undefined
      if (report.fault !== '') return report.fault
      if (report.certificate === undefined) return 'it has not said which certificate its Envoy uses'
      return `its Envoy uses a certificate of the old root; asked to renew by ${formatTime(dueMs)}`
    },
    leaf(leaf) {
      if (leaf.issuerFingerprint === rotation.toRoot) return undefined
      return `it is of the old root and no agent attends with it: it ends at ${formatTime(leaf.notAfterMs)}`
    },
  })
}

/** Nothing that lives chains to a root that is to go; `isKept` says of which the others are. */
export function successionProgress(population: Population, isKept: KeptRoots): Progress {
  return progress(population, {
    agent({ report }) {
      if (isKept.root(report.certificate?.rootFingerprint ?? '')) return undefined
      if (report.fault !== '') return report.fault
      return 'its Envoy uses a certificate of an old root, or has not said which'
    },
    leaf(leaf) {
      if (isKept.signer(leaf.issuerFingerprint)) return undefined
      return `it is of an old root and no agent attends with it: it ends at ${formatTime(leaf.notAfterMs)}`
    },
  })
}

export interface KeptRoots {
  root(fingerprint: string): boolean
  /** Whether the signer of this fingerprint leads to one. */
  signer(fingerprint: string): boolean
}

interface Rules {
  agent(agent: AgentStatus): string | undefined
  leaf(leaf: CurrentLeaf): string | undefined
}

function progress({ agents, leaves }: Population, rules: Rules): Progress {
  const attended = new Set(agents.flatMap(agent => [agent.connectionSerialNumber, serialOf(agent)]))
  const alone = leaves.filter(leaf => !attended.has(leaf.serialNumber))
  const laggards: Laggard[] = []
  for (const agent of agents) {
    const reason = rules.agent(agent)
    if (reason === undefined) continue
    laggards.push({ node: agent.report.nodeId, identity: agent.identity, serialNumber: serialOf(agent), reason })
  }
  for (const leaf of alone) {
    const reason = rules.leaf(leaf)
    if (reason === undefined) continue
    laggards.push({ node: '', identity: leaf.identity, serialNumber: leaf.serialNumber, reason })
  }
  return { total: agents.length + alone.length, laggards }
}

function serialOf({ report, connectionSerialNumber }: AgentStatus): string {
  return report.certificate?.serialNumber ?? connectionSerialNumber
}

function formatTime(ms: number): string {
  return new Date(ms).toISOString()
}
