/**
 * The configuration store in the daemon's database. Commits are checked and numbered in memory and go to the writer at
 * once, so that many share one fsync; the database itself refuses a commit that was built on one that failed.
 */

import { isDeepStrictEqual } from 'node:util'
import type { Clock } from '../../../platform/clock.ts'
import type { Database } from '../../../platform/database/database.ts'
import { MeshwrightError } from '../../../platform/errors.ts'
import type { KindName } from '../../object.ts'
import { namedObject, revisionCompacted, revisionConflict, revisionUnknown } from '../config-errors.ts'
import type {
  CommitAnswer,
  Committed,
  ConfigStore,
  JsonObject,
  ListQuery,
  SourcedWrite,
  StoredVersion,
  StoreFigures,
  VersionFacts,
} from '../config-store.ts'
import { createHeads, type Head, type StagedVersion, versionFrom } from '../heads.ts'
import { hasSameSpec, measured, noUsage } from '../measure.ts'
import { byId, idOf, idText } from '../object-id.ts'
import { createHistoryCompaction } from './history-compaction.ts'
import { defaultHistoryPolicy, type HistoryPolicy } from './history-policy.ts'
import { createVersionReader } from './version-reader.ts'
import { commitStatements } from './version-rows.ts'

export interface SqliteConfigStoreOptions {
  readonly database: Database
  readonly clock: Clock
  /** RFC 9562. */
  readonly newUid: () => string
  readonly history?: HistoryPolicy
}

export interface SqliteConfigStore extends ConfigStore {
  /** Removes what the history policy does not keep, a bounded part of it. Resolves with whether there is more. */
  compact(): Promise<boolean>
}

/** Commits of one answer of `changesSince`, unless the caller says otherwise. */
const commitsAtOnce = 1000

/** Reads the newest version of every object's facts: some 3 µs an object. */
export function openConfigStore(options: SqliteConfigStoreOptions): SqliteConfigStore {
  const { database, clock, newUid, history = defaultHistoryPolicy } = options
  const reader = createVersionReader(database)
  const heads = createHeads()
  const listeners = new Set<(committed: Committed) => void>()
  let { revision, oldestRevision } = reader.state()
  let stagedRevision = revision
  let lastCommitMs = reader.lastCommitMs()
  let failures = 0
  /** Undefined: to be counted. */
  let versionCount: number | undefined
  let compactions = 0
  /** Resolves when everything that was staged before has been answered. */
  let tail: Promise<unknown> = Promise.resolve()
  for (const head of reader.heads()) heads.load(head)

  const emit = (committed: Committed): void => {
    revision = committed.revision
    for (const listener of [...listeners]) listener(committed)
  }
  const arrived = (staged: readonly StagedVersion[], number: number): void => {
    for (const version of staged) heads.settle(version)
    if (versionCount !== undefined) versionCount += staged.length
    emit({ revision: number, versions: staged.map(versionFrom).sort(byId) })
  }
  /** What the writer made durable before it was lost is durable, whatever it could not answer any more. */
  const recover = (): void => {
    heads.unstage()
    versionCount = undefined
    const upTo = reader.state().revision
    const missed = grouped(reader.between(revision, upTo), revision, upTo)
    if (missed.length > 0) for (const head of reader.heads()) heads.load(head)
    missed.forEach(emit)
    stagedRevision = revision
  }
  const textOf = ({ facts }: Head): string =>
    heads.stagedVersion(facts)?.text ?? reader.text(facts, facts.revision) ?? 'null'

  const stagedFrom = (write: SourcedWrite, number: number, atMs: number): StagedVersion | Head | undefined => {
    const newest = heads.newest(write)
    const live = newest?.isLive === true ? newest : undefined
    const actual = live?.facts.revision ?? 0
    if (write.expectedRevision !== undefined && write.expectedRevision !== actual)
      throw revisionConflict(write, { expected: write.expectedRevision, actual })
    if (write.object === undefined && live === undefined) return undefined
    const text = write.object === undefined ? undefined : JSON.stringify(write.object)
    const before = live === undefined ? undefined : textOf(live)
    const isOfSameSource = live?.facts.source.kind === write.source.kind
    if (live !== undefined && isOfSameSource && (text === before || isSame(before, write.object))) return live
    const isNewSpec = before === undefined || (write.object !== undefined && !hasSameSpec(parsed(before), write.object))
    const facts = {
      ...idOf(write),
      revision: number,
      generation: (live?.facts.generation ?? 0) + (isNewSpec ? 1 : 0),
      uid: live?.facts.uid ?? newUid(),
      createdAtMs: live?.facts.createdAtMs ?? atMs,
      changedAtMs: atMs,
      changedBy: write.changedBy,
      source: write.source,
    }
    const usage = write.object === undefined || text === undefined ? noUsage : measured(write.object, text)
    return { head: { facts, isLive: write.object !== undefined, usage }, object: write.object, text }
  }

  const commit = async (writes: readonly SourcedWrite[]): Promise<CommitAnswer> => {
    requireOnce(writes)
    const number = stagedRevision + 1
    const atMs = Math.max(clock.now(), lastCommitMs)
    const results = writes.map(write => stagedFrom(write, number, atMs))
    const staged = results.filter(result => result !== undefined && 'head' in result)
    if (staged.length === 0) {
      await tail
      return { revision, versions: writes.map(write => reader.get(write, revision)) }
    }
    stagedRevision = number
    lastCommitMs = atMs
    for (const version of staged) heads.stage(version)
    const failuresBefore = failures
    const written = database.write(commitStatements(number, atMs, staged))
    tail = written.catch(() => {})
    try {
      await written
    } catch (error) {
      // Those that were built on it fail with it, and have been undone with it.
      if (failures === failuresBefore) {
        failures += 1
        recover()
      }
      throw error
    }
    arrived(staged, number)
    return {
      revision: number,
      versions: results.map((result, index) =>
        result === undefined
          ? undefined
          : 'head' in result
            ? versionFrom(result)
            : reader.get(writes[index] ?? result.facts, number),
      ),
    }
  }

  const requireKnown = (at: number): void => {
    if (at < oldestRevision) throw revisionCompacted(at, oldestRevision)
    if (at > revision) throw revisionUnknown(at, revision)
  }
  const at = (asked: number | undefined): number => {
    if (asked !== undefined) requireKnown(asked)
    return asked ?? revision
  }
  const compaction = createHistoryCompaction({
    database,
    reader,
    clock,
    policy: history,
    onCompacted(oldest, gone) {
      oldestRevision = oldest
      versionCount = undefined
      compactions += 1
      for (const id of gone) if (heads.newest(id)?.isLive !== true) heads.forget(id)
    },
  })
  return {
    revision: () => revision,
    oldestRevision: () => oldestRevision,
    get: (id, asked) => reader.get(id, at(asked)),
    list: (query: ListQuery) => reader.list(query, at(query.at)),
    history: id => reader.history(id, revision),
    revisionAt: timeMs => reader.revisionAt(timeMs, revision),
    staged(id) {
      const head = heads.newest(id)
      return head?.isLive === true ? head.facts : undefined
    },
    usage: namespace => heads.usage(namespace),
    figures() {
      versionCount ??= reader.count()
      return { revision, oldestRevision, versions: versionCount, compactions, objects: countsOf(heads.all()) }
    },
    usageOf: id => heads.newest(id)?.usage ?? noUsage,
    facts: id => heads.durable(id),
    current: () => heads.all(),
    dryRun(writes) {
      requireOnce(writes)
      const atMs = Math.max(clock.now(), lastCommitMs)
      return writes.map(write => {
        const result = stagedFrom(write, stagedRevision + 1, atMs)
        if (result === undefined) return undefined
        return 'head' in result ? versionFrom(result) : { ...result.facts, object: write.object }
      })
    },
    commit,
    changesSince(since, limit = commitsAtOnce) {
      requireKnown(since)
      const upTo = Math.min(revision, since + limit)
      return grouped(reader.between(since, upTo), since, upTo)
    },
    onCommit(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    compact: () => compaction.slice(revision),
  }
}

function countsOf(all: readonly VersionFacts[]): StoreFigures['objects'] {
  const counts = new Map<string, { kind: KindName; source: 'store' | 'file'; count: number }>()
  for (const { kind, source } of all) {
    const key = `${kind} ${source.kind}`
    const known = counts.get(key)
    if (known === undefined) counts.set(key, { kind, source: source.kind, count: 1 })
    else known.count += 1
  }
  return [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, figures]) => figures)
}

/** The versions of each commit together. */
function grouped(versions: readonly StoredVersion[], after: number, upTo: number): readonly Committed[] {
  const commits = Array.from({ length: upTo - after }, (_, index) => ({
    revision: after + 1 + index,
    versions: [] as StoredVersion[],
  }))
  for (const version of versions) commits[version.revision - after - 1]?.versions.push(version)
  return commits
}

/** The order in which fields are written is no difference. */
const isSame = (before: string | undefined, after: JsonObject | undefined): boolean =>
  before !== undefined && after !== undefined && isDeepStrictEqual(parsed(before), after)

// Sound: only objects are written.
const parsed = (text: string): JsonObject => JSON.parse(text) as JsonObject

function requireOnce(writes: readonly SourcedWrite[]): void {
  const seen = new Set<string>()
  for (const write of writes) {
    if (seen.has(idText(write)))
      throw new MeshwrightError('INTERNAL', { message: `${namedObject(write)} is written twice in one commit` })
    seen.add(idText(write))
  }
}
