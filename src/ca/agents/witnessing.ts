/** Agents as witnesses of the transparency log: each is told its newest checkpoint and shows the newest that it has seen. */

import type { TransparencyLog } from '../log/transparency-log.ts'
import type { Agents } from './agents.ts'

/** Each checkpoint that an agent shows is looked at once; returns how to end it. */
export function witnessByAgents(
  agents: Agents,
  transparency: Pick<TransparencyLog, 'latestCheckpoint' | 'onCheckpoint' | 'witness'>,
): () => void {
  const shown = new Map<number, string>()
  if (transparency.latestCheckpoint !== undefined) agents.announce(transparency.latestCheckpoint)
  const endTelling = transparency.onCheckpoint(checkpoint => agents.announce(checkpoint))
  const endHearing = agents.onReport(agent => {
    if (agent === undefined) {
      forgetGone(shown, agents)
      return
    }
    const { checkpoint, nodeId } = agent.report
    if (checkpoint === undefined) return
    const key = `${checkpoint.origin} ${checkpoint.treeSize} ${checkpoint.rootHash.toString('hex')}`
    if (shown.get(agent.id) === key) return
    shown.set(agent.id, key)
    transparency.witness(checkpoint, `${agent.identity} ${nodeId}`)
  })
  return () => {
    endTelling()
    endHearing()
  }
}

function forgetGone(shown: Map<number, string>, agents: Agents): void {
  const attending = new Set(agents.status().map(({ id }) => id))
  for (const id of shown.keys()) if (!attending.has(id)) shown.delete(id)
}
