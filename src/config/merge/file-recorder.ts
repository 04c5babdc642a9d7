/**
 * Writes what the files say into the store's line of revisions, behind the graph: proxies never wait for it, and a full disk
 * does not keep a file from being in force. While a commit is on its way what changes gathers for the next one, so a burst
 * of edits costs no more commits than the disk can take; the last state is always recorded.
 */

import type { Clock, Timer } from '../../platform/clock.ts'
import { errorFrom } from '../../platform/errors.ts'
import type { Log } from '../../platform/log.ts'
import type { AnyObject } from '../kinds/catalogue.ts'
import { placeOfOrigin } from '../problem.ts'
import type { ConfigSource, ConfigStore, JsonObject, ObjectId, SourcedWrite } from '../store/config-store.ts'
import { byId, type IdText, idText } from '../store/object-id.ts'
import { writtenForm } from '../written-form.ts'

export interface FileRecorder {
  /** Records what the files have of these objects now. */
  touch(ids: readonly ObjectId[]): void
  /** Resolves when nothing waits to be recorded, or recording has failed and will be tried again. */
  settled(): Promise<void>
  stop(): void
}

export interface FileRecorderOptions {
  readonly store: ConfigStore
  readonly clock: Clock
  readonly log: Log
  /** Undefined: no file has it in force. */
  fileObject(id: ObjectId): AnyObject | undefined
}

/** Of one commit; a batch of more is recorded in several. */
const largestCommit = 1000
const retryMs = 1000

export function createFileRecorder({ store, clock, log, fileObject }: FileRecorderOptions): FileRecorder {
  const waiting = new Map<IdText, ObjectId>()
  let recording: Promise<void> | undefined
  let retry: Timer | undefined
  let stopped = false

  const writeOf = (id: ObjectId): readonly SourcedWrite[] => {
    const object = fileObject(id)
    const staged = store.staged(id)
    if (object !== undefined) {
      const source: ConfigSource = { kind: 'file', ...placeOfOrigin(object.origin) }
      return [{ ...id, object: writtenObject(object), source, changedBy: `file:${source.file}` }]
    }
    if (staged?.source.kind !== 'file') return []
    return [{ ...id, object: undefined, source: staged.source, changedBy: `file:${staged.source.file}` }]
  }
  const record = async (): Promise<void> => {
    while (waiting.size > 0 && !stopped) {
      const ids = [...waiting.values()].sort(byId).slice(0, largestCommit)
      for (const id of ids) waiting.delete(idText(id))
      try {
        await store.commit(ids.flatMap(writeOf))
      } catch (thrown) {
        const error = errorFrom(thrown)
        for (const id of ids) waiting.set(idText(id), id)
        if (error.code === 'DATABASE_CLOSED') stopped = true
        if (stopped) return
        log.error({ err: error, objects: waiting.size }, 'changes of files are in force and not recorded yet')
        retry = clock.after(retryMs, begin)
        return
      }
    }
  }
  const begin = (): void => {
    retry = undefined
    if (recording !== undefined || stopped) return
    recording = record().finally(() => {
      recording = undefined
      // Touched after the last look and before this.
      if (waiting.size > 0 && retry === undefined) begin()
    })
  }
  return {
    touch(ids) {
      for (const id of ids) waiting.set(idText(id), id)
      if (retry === undefined) begin()
    },
    settled: async () => recording,
    stop() {
      stopped = true
      retry?.cancel()
    },
  }
}

function writtenObject(object: AnyObject): JsonObject {
  const text = writtenForm(object)
  // Sound: only mappings become objects.
  if (text !== undefined) return JSON.parse(text) as JsonObject
  const { apiVersion, kind, metadata, spec } = object
  return { apiVersion, kind, metadata, spec }
}
