/**
 * The daemon's own objects with every earlier version: what the store promises, whatever it lies on.
 *
 * One counter, the revision, numbers every commit; it never goes back. A commit changes one object or many, all or none.
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

export interface StoredVersion extends ObjectId {
  /** The commit that made this version. */
  readonly revision: number
  /** Counts the versions of this object whose spec differs, from 1. */
  readonly generation: number
  /** RFC 9562, stable from creation to deletion. */
  readonly uid: string
  readonly createdAtMs: number
  readonly changedAtMs: number
  /** The credential that changed it, as the log of changes shows it. */
  readonly changedBy: string
  /** Undefined: this version is the deletion. */
  readonly object: JsonObject | undefined
}

export interface Write extends ObjectId {
  /** Undefined deletes. */
  readonly object: JsonObject | undefined
  /** The revision that the object must have now; 0: it must not exist. Absent: whatever it has. */
  readonly expectedRevision?: number
}

export interface Transaction {
  readonly writes: readonly Write[]
  readonly changedBy: string
}

export interface Committed {
  readonly revision: number
  /** In the order of the writes; a write that changes nothing answers what is there. */
  readonly versions: readonly StoredVersion[]
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

export interface ConfigStore {
  /** Of the newest commit. */
  revision(): number
  /** The oldest revision from which `changesSince` and `at` still answer. */
  oldestRevision(): number
  get(id: ObjectId, at?: number): StoredVersion | undefined
  /** Sorted by kind, namespace, name. */
  list(query: ListQuery): readonly StoredVersion[]
  /** Newest first, deletions among them; the versions that the history policy has kept. */
  history(id: ObjectId): readonly StoredVersion[]
  /** The last revision whose commit is not younger than this moment. */
  revisionAt(timeMs: number): number
  /** On disk when it resolves. Throws `REVISION_CONFLICT`, `DATABASE_WRITE_FAILED`. */
  commit(transaction: Transaction): Promise<Committed>
  /** Every version of later commits, in order. Throws `REVISION_COMPACTED`. */
  changesSince(revision: number): readonly StoredVersion[]
  /** Called once a commit is on disk, in the order of revisions. */
  onCommit(listener: (committed: Committed) => void): () => void
}
