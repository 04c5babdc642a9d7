/** The true status of objects: what their sources say, what contends with them, and which proxies hold them. */

import { notInForceOf } from '../../config/not-in-force.ts'
import type { KindName } from '../../config/object.ts'
import { objectKey } from '../../config/object.ts'
import type {
  ObjectReference,
  ObjectStatus,
  ProxyProgress,
  QuarantinedResource,
  StatusReason,
} from '../../config/object-status.ts'
import type { Problem } from '../../config/problem.ts'
import type { SourceState } from '../../config/source-state.ts'
import type { Discovery } from '../../discovery/discovery.ts'
import { defaultSettings } from '../../discovery/settings.ts'
import { meshOf } from '../../discovery/sources.ts'
import { MeshwrightError } from '../../platform/errors.ts'
import type { SessionStatus } from '../../xds/session-status.ts'
import { conflictsOf } from './conflicts.ts'
import { type ConcernParts, concernedBy, type Names } from './experiment/concerned.ts'
import { progressOf } from './progress.ts'
import { reasonFrom, type Verdict, verdictOf } from './verdict.ts'

export interface ObjectStatusParts extends ConcernParts {
  readonly discovery: Discovery
  readonly sourceState: () => SourceState
  /** What checks across objects have to say of it. */
  readonly referenceProblems: (reference: ObjectReference) => readonly Problem[]
  /** What of the object's resources is quarantined. */
  readonly quarantinedOf: (reference: ObjectReference) => readonly QuarantinedResource[]
}

export interface ObjectStatuses {
  /** Throws `OBJECT_NOT_FOUND`. Cost: two commits of a removal of the object, and the number of streams. */
  statusOf(reference: ObjectReference): ObjectStatus
  verdictOf(reference: ObjectReference): Verdict | undefined
  concernedBy(reference: ObjectReference): ReadonlyMap<SessionStatus, Names>
  progressOf(concerned: ReadonlyMap<SessionStatus, Names>): readonly ProxyProgress[]
  /** The object's kind, or `OBJECT_KIND_UNKNOWN` is thrown. */
  kindNamed(kind: string): KindName
}

export function createObjectStatuses(parts: ObjectStatusParts): ObjectStatuses {
  const { discovery, sources } = parts
  const verdict = (reference: ObjectReference): Verdict | undefined => {
    const known = verdictOf(parts.sourceState(), reference)
    if (known !== undefined) return known
    const inForce = sources[reference.kind].has(objectKeyOf(reference))
    return inForce ? { verdict: 'accepted', reasons: [], warnings: [] } : undefined
  }
  const concerned = (reference: ObjectReference): ReadonlyMap<SessionStatus, Names> =>
    concernedBy(parts, { kind: reference.kind, key: objectKeyOf(reference) })
  return {
    verdictOf: verdict,
    concernedBy: concerned,
    progressOf: found => progressOf(found, parts.proxyOf),
    kindNamed(kind) {
      const known = (Object.keys(sources) as KindName[]).find(name => name.toLowerCase() === kind.toLowerCase())
      if (known !== undefined) return known
      throw new MeshwrightError('OBJECT_KIND_UNKNOWN', {
        message: `there is no kind of object ${JSON.stringify(kind)}`,
        remedy: `Use one of ${Object.keys(sources).join(', ')}.`,
      })
    },
    statusOf(reference) {
      const found = verdict(reference)
      if (found === undefined) throw objectNotFound(reference)
      const object = sources[reference.kind].get(objectKeyOf(reference))
      return {
        ...found,
        warnings: [...found.warnings, ...parts.referenceProblems(reference).map(reasonFrom)],
        notInForce: [...(object === undefined ? [] : notInForceOf(object)), ...noticesOf(discovery, reference)],
        conflicts:
          object === undefined
            ? []
            : conflictsOf(object, { sources, mesh: meshOf(discovery), domain: defaultSettings.domain }),
        proxies: progressOf(concerned(reference), parts.proxyOf),
        quarantined: parts.quarantinedOf(reference),
      }
    },
  }
}

export function objectNotFound({ kind, namespace, name }: ObjectReference): MeshwrightError {
  const where = namespace === '' ? name : `${namespace}/${name}`
  return new MeshwrightError('OBJECT_NOT_FOUND', {
    message: `there is no ${kind} ${where}`,
    remedy: 'See what there is with `meshwright get`; look at the namespace, too.',
  })
}

export const objectKeyOf = ({ namespace, name }: ObjectReference): string =>
  objectKey({ metadata: { namespace, name } })

/** What is valid and does not do what its author may think. Cost: the notices that there are. */
function noticesOf({ notices }: Discovery, reference: ObjectReference): readonly StatusReason[] {
  return [...notices.values()]
    .flat()
    .filter(
      ({ kind, namespace, name }) =>
        kind === reference.kind && namespace === reference.namespace && name === reference.name,
    )
    .map(({ field, reason, remedy }) => ({ field, reason, remedy }))
}
