/**
 * Agents as witnesses of the transparency log: each is told its newest checkpoint, with the proof that the log still begins
 * with what that agent has seen, and shows the newest that it has seen and what it finds wrong.
 */

import { type Frame, frameOf } from '../../platform/rpc.ts'
import { type Checkpoint, parseVerifierKey } from '../../platform/transparency/checkpoint-note.ts'
import type { ConsistencyProof } from '../../platform/transparency/proofs.ts'
import type { TransparencyLog } from '../log/transparency-log.ts'
import { isLogAlarmKind, type LogAlarm } from '../log/witness.ts'
import type { AgentStatus, Agents } from './agents.ts'

type WitnessedLog = Pick<
  TransparencyLog,
  'latestCheckpoint' | 'onCheckpoint' | 'witness' | 'complained' | 'proveConsistency' | 'verifierKey'
>

type WitnessingAgents = Pick<Agents, 'announce' | 'onReport' | 'status' | 'messages'>

/** Each checkpoint that an agent shows is looked at once; returns how to end it. */
export function witnessByAgents(agents: WitnessingAgents, transparency: WitnessedLog): () => void {
  const shown = new Map<number, Shown>()
  const announce = (checkpoint: Checkpoint): void => agents.announce(tellingOf(checkpoint, agents, transparency))
  if (transparency.latestCheckpoint !== undefined) announce(transparency.latestCheckpoint)
  const endTelling = transparency.onCheckpoint(announce)
  const endHearing = agents.onReport(agent => {
    if (agent === undefined) {
      forgetGone(shown, agents)
      return
    }
    const before = shown.get(agent.id)
    const now = look(agent, before, transparency)
    shown.set(agent.id, now)
    // What its checkpoint says by itself need not be said twice.
    const { logComplaint: complaint, checkpoint } = agent.report
    if (complaint === undefined || now.alarm !== undefined || !isLogAlarmKind(complaint.kind)) return
    const { kind, message } = complaint
    if (before?.complaint !== now.complaint) {
      transparency.complained({ kind, message, treeSize: checkpoint?.treeSize ?? 0, from: witnessName(agent) })
    }
  })
  return () => {
    endTelling()
    endHearing()
  }
}

interface Shown {
  readonly checkpoint: string
  readonly alarm: LogAlarm | undefined
  readonly complaint: string
}

function look(agent: AgentStatus, before: Shown | undefined, transparency: WitnessedLog): Shown {
  const { checkpoint, logComplaint } = agent.report
  const complaint = logComplaint === undefined ? '' : `${logComplaint.kind} ${logComplaint.message}`
  const key =
    checkpoint === undefined ? '' : `${checkpoint.origin} ${checkpoint.treeSize} ${checkpoint.rootHash.toString('hex')}`
  if (checkpoint === undefined || before?.checkpoint === key) {
    return { checkpoint: key, alarm: before?.alarm, complaint }
  }
  return { checkpoint: key, alarm: transparency.witness(checkpoint, witnessName(agent)), complaint }
}

function witnessName({ identity, report }: AgentStatus): string {
  return `${identity} ${report.nodeId}`
}

/** Most agents have seen the same checkpoint, so that the frame for each size is made once. */
function tellingOf(
  checkpoint: Checkpoint,
  agents: WitnessingAgents,
  transparency: WitnessedLog,
): (agent: AgentStatus) => Frame {
  const { publicKey } = parseVerifierKey(transparency.verifierKey())
  const frames = new Map<number | undefined, Frame>()
  const prove = (fromSize: number | undefined): ConsistencyProof | undefined =>
    fromSize === undefined ? undefined : transparency.proveConsistency(fromSize, checkpoint.treeSize)
  return ({ report }) => {
    const fromSize = provableSize(report.checkpoint, checkpoint)
    const known = frames.get(fromSize)
    if (known !== undefined) return known
    const made = frameOf(agents.messages.encodeCheckpoint(checkpoint, publicKey, prove(fromSize)))
    if (frames.size < mostFrames) frames.set(fromSize, made)
    return made
  }
}

const mostFrames = 100

/** Undefined when what was seen is longer than the tree. */
function provableSize(seen: Checkpoint | undefined, checkpoint: Checkpoint): number | undefined {
  const size = seen?.treeSize ?? 0
  return size <= checkpoint.treeSize ? size : undefined
}

function forgetGone(shown: Map<number, Shown>, agents: WitnessingAgents): void {
  const attending = new Set(agents.status().map(({ id }) => id))
  for (const id of shown.keys()) if (!attending.has(id)) shown.delete(id)
}
