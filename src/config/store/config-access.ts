/**
 * The configuration of all sources as one: what the management API, the commands and the status see. Files and the store
 * share one line of revisions; a batch of file changes is a commit like any other.
 *
 *     files ──┐
 *             ├─▶ merged, one revision line ─▶ get, list, history, changesSince, onChange
 *     store ──┘                    ▲
 *     apply ── door ───────────────┘
 */

import type { Effect } from '../effect.ts'
import type { Problem } from '../problem.ts'
import type { ConfigSource, ListQuery, ObjectId, StoredVersion, Write } from './config-store.ts'

/**
 * `in force`: this version is what the mesh is made of. `last good in force`: it is, and its file holds a newer version
 * that was refused; `problems` says why. `refused`: the store has taken it from an earlier release of the daemon, and this one
 * finds it invalid; or a file has it that was refused, and nothing of it is in force: then it has no version, and
 * revision, generation and times are 0, the uid is ''. `past`: a version that another has followed. `deleted`: the version that ended it.
 */
export type EntryState = 'in force' | 'last good in force' | 'refused' | 'past' | 'deleted'

export interface ConfigEntry extends StoredVersion {
  /** Of a file: `apply` refuses to change it. */
  readonly readOnly: boolean
  readonly state: EntryState
  /** Warnings, refusals of newer versions, and the same object in another source. Of past versions always empty. */
  readonly problems: readonly Problem[]
}

/** An object of a file that is not in force and has no version that is. */
export interface RefusedEntry {
  /** Undefined where the document does not say which object it is. */
  readonly id: ObjectId | undefined
  readonly source: ConfigSource
  /** `refused`: it is wrong. `shadowed`: another source, or another file, has the object. */
  readonly state: 'refused' | 'shadowed'
  readonly problems: readonly Problem[]
}

export interface EntryQuery extends ListQuery {
  /** With the objects of files that are not in force in any version. They are of now, whatever `at` says. */
  readonly withRefused?: boolean
}

export interface ConfigPage {
  /** The revision that the page shows: `query.at`, or the newest. Ask for the next page `at` it. */
  readonly revision: number
  /** Sorted by kind, namespace, name. Deleted objects are not among them. */
  readonly entries: readonly ConfigEntry[]
  /** For `query.after`; undefined on the last page. */
  readonly next?: ObjectId
}

export interface ApplyRequest {
  /** One transaction: all or nothing. */
  readonly writes: readonly Write[]
  readonly changedBy: string
  /** Does everything but the commit. */
  readonly dryRun?: boolean
  /** How complaints name the text of a write: a file, `request`. */
  readonly origin?: string
}

export interface Applied {
  /** Of the commit; of a dry run, or where nothing changed, the newest one. */
  readonly revision: number
  /** In the order of the writes; of a dry run as they would be. */
  readonly entries: readonly ConfigEntry[]
  readonly warnings: readonly Problem[]
  /** Undefined where nothing changed. */
  readonly effect: Effect | undefined
}

/** One commit, of whichever source. */
export interface ConfigCommit {
  readonly revision: number
  /** Sorted by kind, namespace, name; one entry an object. */
  readonly entries: readonly ConfigEntry[]
}

export interface ConfigAccess {
  /** Of the newest commit that is on disk. */
  revision(): number
  /** The oldest revision that `at` and `changesSince` still answer for. */
  oldestRevision(): number
  /** Undefined: it does not exist, or did not at that revision; without one also what a file has refused. Throws `REVISION_COMPACTED`, `REVISION_UNKNOWN`. */
  get(id: ObjectId, at?: number): ConfigEntry | undefined
  /** Throws `REVISION_COMPACTED`, `REVISION_UNKNOWN`. Cost: the page. */
  list(query: EntryQuery): ConfigPage
  /** Newest first, deletions among them; the versions that the history policy has kept. */
  history(id: ObjectId): readonly ConfigEntry[]
  /** The last revision that was committed at this moment or before; 0 when none was. */
  revisionAt(timeMs: number): number
  /** Later commits, the oldest first, at most `limit` of them (1,000). Throws `REVISION_COMPACTED`, `REVISION_UNKNOWN`. */
  changesSince(revision: number, limit?: number): readonly ConfigCommit[]
  /** Called for each commit once it is on disk and in the graph, in the order of revisions. Answers how to end it. */
  onChange(listener: (commit: ConfigCommit) => void): () => void
  /** What the files hold that is not in force; the store refuses at the door and has none. O(files). */
  refused(): readonly RefusedEntry[]
  /**
   * Throws `CONFIG_INVALID` (`problemsOf` has all of them), `REVISION_CONFLICT`, `OBJECT_READ_ONLY`, `HOST_NOT_OWNED`,
   * `QUOTA_EXCEEDED`, `DATABASE_WRITE_FAILED`. On disk and in the graph when it resolves.
   */
  apply(request: ApplyRequest): Promise<Applied>
}
