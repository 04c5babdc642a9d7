/**
 * The way into the store: everything of a transaction or nothing.
 *
 *     schema ─▶ semantics ─▶ of a file? ─▶ revision ─▶ ownership ─▶ quotas ─▶ effect, references ─▶ commit
 *
 * A dry run goes the same way and stops before the commit.
 */

import type { Effect } from '../effect.ts'
import type { ConfigChange } from '../files/file-ledger.ts'
import type { AnyObject } from '../kinds/catalogue.ts'
import { kinds } from '../kinds/catalogue.ts'
import type { MergedConfig } from '../merge/merged-config.ts'
import type { RefusedEntries } from '../merge/refused-entries.ts'
import { objectKey } from '../object.ts'
import { type Problem, placeOfOrigin } from '../problem.ts'
import { readJsonObject, storeObject } from '../read-json.ts'
import type { ApplyRequest } from '../store/config-access.ts'
import { configInvalid, hostNotOwned, objectReadOnly } from '../store/config-errors.ts'
import type { ConfigStore, JsonObject, SourcedWrite, StoredVersion, Write } from '../store/config-store.ts'
import { idText } from '../store/object-id.ts'
import { type Quotas, requireWithinQuotas } from './quotas.ts'

/** Complaints about objects of a transaction, given all of it; an error refuses. */
export type Ownership = (changes: readonly ConfigChange[]) => readonly Problem[]

/** Supposes changes; those that are not committed are to be taken back. */
export type SupposeReferences = (changes: readonly ConfigChange[]) => {
  readonly problems: readonly Problem[]
  takeBack(): void
}

export interface DoorOptions {
  readonly store: ConfigStore
  readonly merged: MergedConfig
  readonly refused: Pick<RefusedEntries, 'placeOf'>
  readonly quotas: Quotas
  readonly ownership: Ownership
  /** Absent: nobody can tell. */
  readonly preview?: (changes: readonly ConfigChange[]) => Effect
  /** What checks across objects say of the changed objects, and newly of others. Absent: nobody looks. */
  readonly references?: SupposeReferences
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

export interface Passed {
  readonly revision: number
  readonly versions: readonly (StoredVersion | undefined)[]
  readonly warnings: readonly Problem[]
  readonly effect: Effect | undefined
}

/** Errors as `ConfigAccess.apply` throws them. */
export type Door = (request: ApplyRequest) => Promise<Passed>

export function createDoor(options: DoorOptions): Door {
  const { store, merged, quotas, ownership, preview, references } = options
  return async ({ writes, changedBy, dryRun = false, origin = 'request' }) => {
    const read = readWrites(writes, { changedBy, origin, nowMs: options.now(), store })
    const isWrong = read.problems.some(({ severity }) => severity === 'error')
    if (isWrong) throw configInvalid(read.problems)
    for (const write of read.writes) requireWritable(write, options)
    const asIf = store.dryRun(read.writes)
    const isNews = asIf.some(version => version !== undefined && version.revision > store.revision())
    const owned = ownership(read.changes).map(problem => ({ ...problem, file: origin, line: 0, column: 0 }))
    if (owned.some(({ severity }) => severity === 'error')) throw hostNotOwned(owned)
    requireWithinQuotas(store, quotas, read.writes)
    const effect = isNews ? preview?.(read.changes) : undefined
    const supposed = references?.(read.changes)
    const warnings = [...read.problems, ...owned, ...placed(supposed?.problems ?? [], read.writes, origin)]
    if (dryRun) supposed?.takeBack()
    if (dryRun) return { revision: store.revision(), versions: asIf, warnings, effect }
    // Nothing was awaited since the checks: what they saw is what is committed.
    try {
      return { ...(await store.commit(read.writes)), warnings, effect }
    } catch (error) {
      supposed?.takeBack()
      merged.reconsider(read.writes)
      throw error
    }
  }
}

/** Problems of objects of the transaction stand in its text, the others where they are; of very many the first, counted. */
function placed(problems: readonly Problem[], writes: readonly SourcedWrite[], origin: string): readonly Problem[] {
  const own = new Set<string>(writes.map(idText))
  const isOwn = ({ kind, namespace = '', name }: Problem): boolean => own.has(`${kind}/${namespace}/${name}`)
  const ofOthers = problems.filter(problem => !isOwn(problem))
  const left = ofOthers.length - mostOfOthers
  return [
    ...problems.filter(isOwn).map(problem => ({ ...problem, file: origin, line: 0, column: 0 })),
    ...ofOthers.slice(0, mostOfOthers),
    ...(left > 0
      ? [
          {
            severity: 'warning',
            file: origin,
            line: 0,
            column: 0,
            reason: `and ${left} more of other objects`,
          } as const,
        ]
      : []),
  ]
}

const mostOfOthers = 100

interface ReadWrites {
  readonly writes: readonly SourcedWrite[]
  readonly changes: readonly ConfigChange[]
  readonly problems: readonly Problem[]
}

interface Context {
  readonly changedBy: string
  readonly origin: string
  readonly nowMs: number
  readonly store: ConfigStore
}

function readWrites(writes: readonly Write[], context: Context): ReadWrites {
  const problems: Problem[] = []
  const changes: ConfigChange[] = []
  const seen = new Set<string>()
  const sourced: SourcedWrite[] = []
  for (const write of writes) {
    const complain = (reason: string): void => {
      const { kind, namespace, name } = write
      problems.push({ severity: 'error', file: context.origin, line: 0, column: 0, kind, namespace, name, reason })
    }
    if (seen.has(idText(write))) complain('is written twice in one transaction')
    seen.add(idText(write))
    const json = write.object === undefined ? undefined : ownFields(write.object, write)
    sourced.push({ ...write, object: json, source: { kind: 'store' }, changedBy: context.changedBy })
    const read = json === undefined ? undefined : readJsonObject(json, context.origin, unnumbered)
    problems.push(...(read?.problems ?? []))
    if (read?.kind === 'ignored') complain('is of a kind that the daemon does not keep')
    const object = read?.kind === 'object' ? read.object : undefined
    if (object !== undefined && !isNamed(object, write))
      complain(`is not what the object calls itself: ${object.kind} ${objectKey(object)}`)
    const createdAtMs = context.store.staged(write)?.createdAtMs ?? context.nowMs
    changes.push({
      kind: write.kind,
      key: objectKey({ metadata: write }),
      object: object === undefined ? undefined : storeObject(object, 0, createdAtMs),
    })
  }
  return { writes: sourced, changes, problems }
}

const unnumbered = Object.freeze({ source: 'store', revision: 0 } as const)

const isNamed = ({ kind, metadata }: AnyObject, id: Write): boolean =>
  kind === id.kind && metadata.namespace === id.namespace && metadata.name === id.name

/**
 * What an author says. What the daemon says of an object is left out: taken from a request it would let an author choose
 * the age by which contending objects are told apart, and every status that is read back would be a change.
 */
function ownFields({ status, ...object }: JsonObject, { kind }: Write): JsonObject {
  const own: JsonObject = isRecord(object.metadata) ? { ...object, metadata: ownMetadata(object.metadata) } : object
  return status === undefined || kinds[kind].status === undefined ? own : { ...own, status }
}

const isRecord = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function ownMetadata({
  uid: _uid,
  resourceVersion: _revision,
  generation: _generation,
  creationTimestamp: _created,
  selfLink: _link,
  ...own
}: JsonObject): JsonObject {
  return own
}

function requireWritable(
  write: SourcedWrite,
  { store, merged, refused }: Pick<DoorOptions, 'store' | 'merged' | 'refused'>,
): void {
  const object = merged.fileObject(write)
  const isOfStore = store.staged(write)?.source.kind === 'store'
  const place = object === undefined ? (isOfStore ? undefined : refused.placeOf(write)) : placeOfOrigin(object.origin)
  if (place !== undefined) throw objectReadOnly(write, `${place.file}:${place.line}:${place.column}`)
}
