/** What an operator must hear of the log, in words. */

import type { RecollectionStatus } from '../custody/recollection.ts'
import type { LogStatus } from './transparency-log.ts'

export function logWarnings(
  { restorePending, alarms, lostByRestore, lastAudit }: LogStatus,
  recollection: RecollectionStatus | undefined,
): readonly string[] {
  const pending =
    restorePending === undefined
      ? []
      : [
          `nothing is issued until \`meshwright ca confirm-restore\`: ${restorePending.reason}`,
          ...waitText(recollection),
        ]
  const lost = lostByRestore === 0 ? [] : [`${lostByRestore} entries of the log were lost by a restore`]
  const faults =
    lastAudit === undefined || lastAudit.faults.length === 0 ? [] : [`the log was changed: ${lastAudit.faults[0]}`]
  return [
    ...pending,
    ...lost,
    ...faults,
    ...alarms.map(({ kind, from, message }) => `${kind} of the log, from ${from}: ${message}`),
  ]
}

function waitText(recollection: RecollectionStatus | undefined): readonly string[] {
  if (recollection === undefined) return []
  const { recalled, waitsFor } = recollection
  const back = recalled === 0 ? '' : `${recalled} events of revocation have come back from agents; `
  return [`it does not open by itself yet: ${back}${waitsFor}`]
}
