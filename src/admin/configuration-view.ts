/**
 * The configuration of all sources with its history, as the commands see it. The Kubernetes-style endpoints serve other
 * programs; these say what Kubernetes has no words for: revisions of everything, transactions, sources, effects.
 */

export interface KindView {
  readonly kind: string
  /** `''` is the core group. */
  readonly group: string
  /** The preferred one first. */
  readonly versions: readonly string[]
  readonly plural: string
  readonly shortNames: readonly string[]
  readonly scope: 'namespaced' | 'cluster'
}

export interface ObjectName {
  readonly kind: string
  /** `''` for cluster-scoped kinds. */
  readonly namespace: string
  readonly name: string
}

export interface ProblemView {
  readonly severity: 'error' | 'warning'
  /** Of checks across objects; docs/validation.md explains each. */
  readonly code?: string
  readonly kind?: string
  readonly namespace?: string
  readonly name?: string
  readonly field?: string
  readonly reason: string
  readonly remedy?: string
}

export interface EntryView extends ObjectName {
  /** 0: a file's object that was refused from the start. It has no generation, uid or times either. */
  readonly revision: number
  readonly generation: number
  readonly uid: string
  /** RFC 3339. */
  readonly createdAt: string
  readonly changedAt: string
  /** The credential, or `file:PATH`. */
  readonly changedBy: string
  /** `store`, or `FILE:LINE`. */
  readonly source: string
  readonly readOnly: boolean
  readonly state: 'in force' | 'last good in force' | 'refused' | 'past' | 'deleted'
  readonly problems: readonly ProblemView[]
  /** Null: this version is the deletion. */
  readonly object: Readonly<Record<string, unknown>> | null
}

export interface EntryPage {
  readonly revision: number
  readonly entries: readonly EntryView[]
  /** For the next page; absent on the last. */
  readonly next?: ObjectName
}

export interface RevisionView {
  /** Of the newest commit, or of the one that was asked for. */
  readonly revision: number
  /** The oldest of which the state is still known. */
  readonly oldestRevision: number
}

export interface CommitView {
  readonly revision: number
  readonly entries: readonly EntryView[]
}

export interface WriteView {
  /** The object as it shall be, with apiVersion, kind and metadata. */
  readonly object?: Readonly<Record<string, unknown>>
  /** The object that shall not be. */
  readonly remove?: ObjectName
  /** The revision that the object must have now; 0: it must not exist. */
  readonly expectedRevision?: number
}

export interface TransactionView {
  readonly writes: readonly WriteView[]
  readonly dryRun: boolean
}

export interface EffectView {
  readonly proxies: number
  readonly proxyNames: readonly string[]
  readonly resources: number
  readonly bytes: number
}

export interface AppliedView {
  readonly revision: number
  readonly results: readonly ResultView[]
  readonly warnings: readonly ProblemView[]
  /** Null where nothing changed. */
  readonly effect: EffectView | null
}

export interface ResultView extends ObjectName {
  readonly outcome: 'created' | 'changed' | 'unchanged' | 'deleted'
  readonly revision: number
}

export interface EntriesQuery {
  readonly kind: string | undefined
  readonly namespace: string | undefined
  /** The state as it was; undefined: now. */
  readonly at: number | undefined
  readonly after: ObjectName | undefined
  readonly limit: number
  /** With the objects of files of which nothing is in force. */
  readonly withRefused: boolean
}

/** Methods throw as `ConfigAccess` does, and `OBJECT_KIND_UNKNOWN` for a kind that there is not. */
export interface ConfigurationView {
  kinds(): readonly KindView[]
  revision(): RevisionView
  /** Of the last commit at this moment or before; 0 when there was none. */
  revisionAt(timeMs: number): RevisionView
  list(query: EntriesQuery): EntryPage
  /** Throws `OBJECT_NOT_FOUND`. */
  get(name: ObjectName): EntryView
  /** Newest first. Throws `OBJECT_NOT_FOUND` where no version is known. */
  history(name: ObjectName): readonly EntryView[]
  /** Later commits, the oldest first, as many as one answer holds. */
  changesSince(revision: number): readonly CommitView[]
  /** Resolves at the next commit, or when the signal says so. */
  nextCommit(signal: AbortSignal): Promise<void>
}
