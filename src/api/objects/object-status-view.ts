/**
 * `.status` of an object of the mesh: Istio's form (conditions, validation messages) for tools that know it, and below
 * `meshwright` everything that is known.
 */

import type { ObjectStatus, ProxyCounts, StatusReason } from '../../config/object-status.ts'
import type { ConfigEntry } from '../../config/store/config-access.ts'
import type { JsonObject } from '../json-value.ts'

/** What a list knows of proxies. Undefined: nobody has asked. */
export type ListedProxies = readonly ProxyCounts[] | 'not looked at' | undefined

export function statusView(entry: ConfigEntry, status: ObjectStatus | undefined, listed?: ListedProxies): JsonObject {
  const { generation, changedAtMs, problems, source, readOnly, changedBy } = entry
  const proxies = status?.proxies ?? listed
  const verdict = status?.verdict ?? verdictOf(entry)
  const reasons = status?.reasons ?? reasonsOf(entry, 'error')
  const warnings = status?.warnings ?? reasonsOf(entry, 'warning')
  const accepted = verdict === 'accepted' || verdict === 'last good in force'
  // What was refused from the start has no version, and so no time of one.
  const since = changedAtMs === 0 ? undefined : new Date(changedAtMs).toISOString()
  const accepting = {
    type: 'Accepted',
    status: accepted ? 'True' : 'False',
    reason: wordOf(verdict),
    message: reasons.map(formatReason).join('; '),
    ...(since === undefined ? {} : { lastTransitionTime: since }),
    observedGeneration: String(generation),
  }
  const { file, line, column } =
    source.kind === 'file' ? source : { file: undefined, line: undefined, column: undefined }
  return {
    observedGeneration: String(generation),
    conditions: [accepting, ...(proxies === undefined || !accepted ? [] : [distribution(proxies, generation)])],
    ...(problems.length === 0 && warnings.length === 0
      ? {}
      : { validationMessages: [...messages(reasons, 'ERROR'), ...messages(warnings, 'WARNING')] }),
    meshwright: {
      source: file === undefined ? 'store' : `${file}:${line}:${column}`,
      readOnly,
      changedBy,
      ...(since === undefined ? {} : { changedAt: since }),
      ...(Array.isArray(listed) ? { proxies: listed } : {}),
      ...status,
    },
  }
}

const verdictOf = ({ state }: ConfigEntry): ObjectStatus['verdict'] =>
  state === 'last good in force' || state === 'refused' ? state : 'accepted'

/** Why a file's object is not in force, or not as it stands there; for kinds whose status says other things. */
export function refusalText(entry: ConfigEntry): string | undefined {
  const reasons = entry.readOnly ? reasonsOf(entry, 'error') : []
  return reasons.length === 0 ? undefined : `${stateWord(entry, undefined)}: ${reasons.map(formatReason).join('; ')}`
}

/** `acknowledged/concerned`, for tables; `''` where it is not known. */
export function proxiesWord(proxies: ListedProxies): string {
  if (proxies === undefined || proxies === 'not looked at') return ''
  const acked = proxies.reduce((sum, of) => sum + of.acked, 0)
  const others = proxies.reduce((sum, of) => sum + of.waiting + of.nacked + of.quarantined, 0)
  return `${acked}/${acked + others}`
}

/** One word for tables. */
export function stateWord(entry: ConfigEntry, status: ObjectStatus | undefined): string {
  if (status === undefined) return entry.state === 'in force' ? 'Accepted' : wordOf(entry.state)
  return wordOf(status.verdict)
}

/** Whether every connected proxy that the object concerns has acknowledged it. */
function distribution(proxies: NonNullable<ListedProxies>, generation: number): JsonObject {
  if (proxies === 'not looked at') {
    return {
      type: 'Distributed',
      status: 'Unknown',
      reason: 'NotLookedAt',
      message: 'looking at every object would have taken too long; list again, or read this one',
      observedGeneration: String(generation),
    }
  }
  const sum = (count: (of: ProxyCounts) => number): number => proxies.reduce((total, kind) => total + count(kind), 0)
  const [acked, waiting, nacked, kept] = [
    sum(of => of.acked),
    sum(of => of.waiting),
    sum(of => of.nacked),
    sum(of => of.quarantined),
  ]
  const isEverywhere = waiting + nacked + kept === 0
  return {
    type: 'Distributed',
    status: isEverywhere ? 'True' : 'False',
    reason: !isEverywhere
      ? nacked + kept > 0
        ? 'Refused'
        : 'Waiting'
      : acked === 0
        ? 'NobodyConcerned'
        : 'Acknowledged',
    message: `${acked} acknowledged, ${waiting} waiting, ${nacked} refused, ${kept} quarantined`,
    observedGeneration: String(generation),
  }
}

function reasonsOf({ problems }: ConfigEntry, severity: 'error' | 'warning'): readonly StatusReason[] {
  return problems
    .filter(problem => problem.severity === severity)
    .map(({ field, reason, remedy }) => ({
      ...(field === undefined ? {} : { field }),
      reason,
      ...(remedy === undefined ? {} : { remedy }),
    }))
}

const messages = (reasons: readonly StatusReason[], level: 'ERROR' | 'WARNING'): readonly JsonObject[] =>
  reasons.map(reason => ({
    type: { name: formatReason(reason), code: level === 'ERROR' ? 'Refused' : 'Doubtful' },
    level,
  }))

const formatReason = ({ field, reason, remedy }: StatusReason): string =>
  `${field === undefined ? '' : `${field}: `}${reason}${remedy === undefined ? '' : `; ${remedy}`}`

/** `last good in force` → `LastGoodInForce`: a condition's reason is one word. */
const wordOf = (text: string): string => text.replaceAll(/(?:^| )(\w)/g, (_, letter: string) => letter.toUpperCase())
