/** Tells the author of a DestinationRule that selects clients by label that it is in force for none. */

import { isEmptySelector } from '../config/meaning/selector.ts'
import type { Collection, Graph } from '../graph/graph.ts'
import type { Notice } from './notice.ts'
import type { Sources } from './sources.ts'

/** Absent where there is nothing to say. */
export function deriveRuleNotices(graph: Graph, sources: Sources): Collection<readonly Notice[]> {
  return graph.deriveMany({
    name: 'ruleNotices',
    from: sources.DestinationRule,
    reads: {},
    map({ metadata, spec }, key) {
      if (isEmptySelector(spec.workloadSelector?.matchLabels)) return []
      const notice: Notice = {
        kind: 'DestinationRule',
        namespace: metadata.namespace,
        name: metadata.name,
        field: 'spec.workloadSelector',
        reason: 'rules that select clients by label are not supported, so this one is in force for no client',
        remedy: 'remove workloadSelector if the rule may hold for every client that it is exported to',
      }
      return [[`DestinationRule/${key}`, [notice]]]
    },
  })
}
