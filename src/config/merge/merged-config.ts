/**
 * Which object is in force where files and the store have the same one, and what of both goes to the graph.
 *
 * The store's is in force as long as it exists; the file's is refused and both say so. The other way round cannot happen:
 * the door takes no object that a file has in force. So whichever was first stays, nothing is ever replaced silently, and
 * when the first is removed the other comes in force.
 */

import type { Log } from '../../platform/log.ts'
import type { ConfigChange } from '../files/file-ledger.ts'
import type { AnyObject } from '../kinds/catalogue.ts'
import { objectKey } from '../object.ts'
import { formatProblem, type Problem, placeOfOrigin } from '../problem.ts'
import { readJsonObject, storeObject } from '../read-json.ts'
import type { Committed, ConfigStore, ObjectId, StoredVersion } from '../store/config-store.ts'
import { type IdText, idText } from '../store/object-id.ts'

export interface MergedConfigOptions {
  readonly store: ConfigStore
  readonly log: Log
  /** What changes in the graph, all at once; never empty. */
  onChanges(batch: readonly ConfigChange[]): void
  /** Objects of files that came in force, changed or went. */
  onFileObjects(ids: readonly ObjectId[]): void
}

export interface MergedConfig {
  /** Brings the store's objects in force. Cost: reading each of them, some 0.15 ms an object. */
  start(): void
  takeFiles(batch: readonly ConfigChange[]): void
  /** A commit of the store, on disk. */
  takeCommit(committed: Committed): void
  /** A write of these objects did not reach the disk: what a file has of them may now be in force. */
  reconsider(ids: readonly ObjectId[]): void
  /** The object that a file has in force. */
  fileObject(id: ObjectId): AnyObject | undefined
  /** Of every object that a file has in force. */
  fileIds(): readonly ObjectId[]
  /** Undefined: the store has no such object, or it is on its way. */
  storeState(id: ObjectId): StoreState | undefined
  storeCounts(): { readonly inForce: number; readonly refused: number }
  /** On the file's object that the store's keeps out, and on the store's. */
  conflictOf(id: ObjectId): Conflict | undefined
  conflicts(): readonly Conflict[]
}

export interface StoreState {
  readonly verdict: 'in force' | 'refused'
  readonly problems: readonly Problem[]
}

export interface Conflict {
  readonly id: ObjectId
  readonly onFile: Problem
  readonly onStore: Problem
}

interface Stored extends StoreState {
  readonly object: AnyObject | undefined
}

export function createMergedConfig({ store, log, onChanges, onFileObjects }: MergedConfigOptions): MergedConfig {
  const stored = new Map<IdText, Stored>()
  const ofFiles = new Map<IdText, AnyObject>()
  const contested = new Map<IdText, ObjectId>()

  const isOfStore = (id: ObjectId): boolean => stored.has(idText(id)) || store.staged(id)?.source.kind === 'store'
  const contest = (id: ObjectId): void => {
    const key = idText(id)
    const isContested = ofFiles.has(key) && isOfStore(id)
    if (isContested === contested.has(key)) return
    if (!isContested) {
      contested.delete(key)
      return
    }
    contested.set(key, id)
    const conflict = conflictOf(id)
    if (conflict !== undefined) log.warn({ problem: formatProblem(conflict.onFile) }, 'configuration')
  }
  const conflictOf = (id: ObjectId): Conflict | undefined => {
    const object = ofFiles.get(idText(id))
    if (object === undefined || !contested.has(idText(id))) return undefined
    const subject = { kind: id.kind, namespace: id.namespace, name: id.name }
    const { file, line, column } = placeOfOrigin(object.origin)
    return {
      id,
      onFile: {
        severity: 'error',
        file,
        line,
        column,
        ...subject,
        reason: `is in the store already, at revision ${store.facts(id)?.revision ?? store.staged(id)?.revision ?? 0}, which is in force`,
        remedy: 'delete it from the store, or remove it from the file',
      },
      onStore: {
        severity: 'warning',
        file: 'store',
        line: 0,
        column: 0,
        ...subject,
        reason: `is also in ${file}:${line}:${column}, which is not in force`,
        remedy: 'remove it from the file; or delete it here, and the file takes over',
      },
    }
  }
  const take = (version: StoredVersion): ConfigChange => {
    const key = idText(version)
    const change = { kind: version.kind, key: objectKey({ metadata: version }) }
    if (version.object === undefined) {
      stored.delete(key)
      return { ...change, object: ofFiles.get(key) }
    }
    const read = readStored(version)
    stored.set(key, read)
    if (read.verdict === 'refused')
      for (const problem of read.problems) log.error({ problem: formatProblem(problem) }, 'configuration')
    return { ...change, object: read.object }
  }
  const emit = (batch: readonly ConfigChange[]): void => {
    if (batch.length > 0) onChanges(batch)
  }
  return {
    start() {
      emit(
        store
          .list({})
          .filter(({ source }) => source.kind === 'store')
          .map(take),
      )
    },
    takeFiles(batch) {
      const ids: ObjectId[] = []
      const inForce: ConfigChange[] = []
      for (const change of batch) {
        const id = idOfChange(change)
        if (change.object === undefined) ofFiles.delete(idText(id))
        else ofFiles.set(idText(id), change.object)
        contest(id)
        if (isOfStore(id)) continue
        ids.push(id)
        inForce.push(change)
      }
      emit(inForce)
      if (ids.length > 0) onFileObjects(ids)
    },
    takeCommit({ versions }) {
      const ofStore = versions.filter(({ source }) => source.kind === 'store')
      emit(ofStore.map(take))
      for (const version of ofStore) contest(version)
      const takenOver = ofStore.filter(version => version.object === undefined && ofFiles.has(idText(version)))
      if (takenOver.length > 0) onFileObjects(takenOver)
    },
    reconsider(ids) {
      const free = ids.filter(id => contested.has(idText(id)) && !isOfStore(id))
      for (const id of free) contest(id)
      emit(free.map(id => ({ kind: id.kind, key: objectKey({ metadata: id }), object: ofFiles.get(idText(id)) })))
      if (free.length > 0) onFileObjects(free)
    },
    fileObject: id => (isOfStore(id) ? undefined : ofFiles.get(idText(id))),
    fileIds: () => [...ofFiles.values()].map(idOfObject),
    storeState: id => stored.get(idText(id)),
    storeCounts() {
      let inForce = 0
      for (const { verdict } of stored.values()) if (verdict === 'in force') inForce += 1
      return { inForce, refused: stored.size - inForce }
    },
    conflictOf,
    conflicts: () => [...contested.values()].flatMap(id => conflictOf(id) ?? []),
  }
}

/** The door has read it before; only another release of the daemon may find it wrong. */
function readStored(version: StoredVersion): Stored {
  const { revision, createdAtMs } = version
  const read = readJsonObject(version.object, 'store', { source: 'store', revision })
  if (read.kind === 'object')
    return { verdict: 'in force', object: storeObject(read.object, revision, createdAtMs), problems: read.problems }
  return { verdict: 'refused', object: undefined, problems: read.problems }
}

function idOfChange({ kind, key }: ConfigChange): ObjectId {
  const slash = key.indexOf('/')
  return { kind, namespace: key.slice(0, slash), name: key.slice(slash + 1) }
}

const idOfObject = ({ kind, metadata }: AnyObject): ObjectId => ({
  kind,
  namespace: metadata.namespace,
  name: metadata.name,
})
