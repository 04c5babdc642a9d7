/**
 * Objects with every earlier version: what the store promises, whatever it lies on. It holds the daemon's own objects and
 * the record of what the files have said, on one line of revisions.
 *
 * One counter, the revision, numbers every commit without a gap; it never goes back, and the time of a commit is never
 * before that of an earlier one, whatever the clock does. A commit changes one object or many, all or none.
 */

import type { KindName } from '../object.ts'

export interface ObjectId {
  readonly kind: KindName
  /** `''` for cluster-scoped kinds. */
  readonly namespace: string
  readonly name: string
}

/** An object as its author wrote it: apiVersion, kind, metadata, spec … as JSON. */
export type JsonObject = { readonly [key: string]: unknown }

export type ConfigSource =
  | { readonly kind: 'store' }
  /** 1-based place of the object in its file. */
  | { readonly kind: 'file'; readonly file: string; readonly line: number; readonly column: number }

/** A version without the object itself. */
export interface VersionFacts extends ObjectId {
  /** The commit that made this version. */
  readonly revision: number
  /** Counts the versions since the creation whose spec differs, from 1. */
  readonly generation: number
  /** RFC 9562, stable from creation to deletion. */
  readonly uid: string
  readonly createdAtMs: number
  readonly changedAtMs: number
  /** The credential that changed it, or `file:PATH`. */
  readonly changedBy: string
  readonly source: ConfigSource
}

export interface StoredVersion extends VersionFacts {
  /** Undefined: this version is the deletion. */
  readonly object: JsonObject | undefined
}

export interface Write extends ObjectId {
  /** Undefined deletes. */
  readonly object: JsonObject | undefined
  /** The revision that the object must have now; 0: it must not exist. Absent: whatever it has. */
  readonly expectedRevision?: number
}

export interface SourcedWrite extends Write {
  readonly source: ConfigSource
  readonly changedBy: string
}

export interface Committed {
  readonly revision: number
  /** Sorted by kind, namespace, name; one an object. */
  readonly versions: readonly StoredVersion[]
}

export interface CommitAnswer {
  /** Of the commit; where nothing changed, the newest. */
  readonly revision: number
  /** In the order of the writes. A write that changes nothing answers what is there, undefined for nothing. */
  readonly versions: readonly (StoredVersion | undefined)[]
}

export interface ListQuery {
  readonly kind?: KindName
  readonly namespace?: string
  /** At most so many; the rest by `after`. */
  readonly limit?: number
  /** Where the last page ended: the id of its last object. */
  readonly after?: ObjectId
  /** The state as it was at this revision; absent: now. Throws `REVISION_COMPACTED` when that is not known any more. */
  readonly at?: number
}

/** What a namespace holds, of all sources. */
export interface Usage {
  readonly objects: number
  /** Routes of its VirtualServices. */
  readonly routes: number
  /** Of the objects as JSON in UTF-8. */
  readonly bytes: number
}

/** For dashboards. */
export interface StoreFigures {
  readonly revision: number
  readonly oldestRevision: number
  /** Versions of objects on disk, deletions among them. */
  readonly versions: number
  /** Slices of history removed since the start. */
  readonly compactions: number
  /** That exist on disk; sorted. */
  readonly objects: readonly { readonly kind: KindName; readonly source: 'store' | 'file'; readonly count: number }[]
}

export interface ConfigStore {
  /** Of the newest commit that is on disk. */
  revision(): number
  /** The oldest revision from which `changesSince` and `at` still answer. */
  oldestRevision(): number
  /** Throws `REVISION_COMPACTED`, `REVISION_UNKNOWN`; so do `list` and `changesSince`. */
  get(id: ObjectId, at?: number): StoredVersion | undefined
  /** Sorted by kind, namespace, name; deleted objects are not among them. */
  list(query: ListQuery): readonly StoredVersion[]
  /** Newest first, deletions among them; the versions that the history policy has kept. */
  history(id: ObjectId): readonly StoredVersion[]
  /** The last revision that was committed at this moment or before; 0 when none is known. */
  revisionAt(timeMs: number): number
  /** The newest version on disk of an object that exists; likewise of all, in no order. */
  facts(id: ObjectId): VersionFacts | undefined
  current(): readonly VersionFacts[]
  /** The newest version of an object that exists, also where its commit is still on its way to the disk. */
  staged(id: ObjectId): VersionFacts | undefined
  /** Of what exists in a namespace, `''` for cluster-scoped kinds; with what is on its way to the disk. */
  usage(namespace: string): Usage
  /** Cost: the objects; the versions, once after each compaction. */
  figures(): StoreFigures
  /** What an object adds to it; nothing when it does not exist. */
  usageOf(id: ObjectId): Usage
  /** What `commit` would answer, without the commit. Throws `REVISION_CONFLICT`. */
  dryRun(writes: readonly SourcedWrite[]): readonly (StoredVersion | undefined)[]
  /**
   * On disk when it resolves. What it is checked against, it is checked against before this returns, so that a caller may
   * look at `staged` and commit in one turn. Rejects with `REVISION_CONFLICT`, `DATABASE_WRITE_FAILED`. A write that failed
   * takes those with it that were asked for after it and before it was known.
   */
  commit(writes: readonly SourcedWrite[]): Promise<CommitAnswer>
  /** Later commits, the oldest first. */
  changesSince(revision: number, limit?: number): readonly Committed[]
  /** Called once a commit is on disk, in the order of revisions. */
  onCommit(listener: (committed: Committed) => void): () => void
}
