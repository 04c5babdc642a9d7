/**
 * The writer thread: takes what has gathered, commits it in one transaction, answers. While one commit waits for the
 * disk the next group gathers by itself, so there is no timer and no delay for a lone write.
 */

import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import Sqlite from 'better-sqlite3'
import { createGroupCommit } from './group-commit.ts'
import type { SqlValue, Statement } from './statement.ts'
import type { CreateWriterExtension, WriterExtension } from './writer-extension.ts'

export interface WriteRequest {
  readonly id: number
  /** For the extension. */
  readonly step?: readonly SqlValue[]
  readonly statements: readonly Statement[]
}

export interface WriteAnswer {
  readonly id: number
  /** Absent when it is on disk. */
  readonly failure?: string
  /** What the extension made of its step. */
  readonly result?: number
}

export interface WriterData {
  readonly file: string
  /** URL of the extension's module. */
  readonly extension: string | undefined
}

/** Bounds how long the first writer of a group waits for the last one; what came together stays together. */
const largestGroup = 512

function serve(port: MessagePort, file: string, create: CreateWriterExtension | undefined): void {
  const handle = new Sqlite(file, { timeout: 5000, fileMustExist: true })
  handle.pragma('synchronous = FULL')
  handle.pragma('foreign_keys = ON')
  // Four times SQLite's own: pages that are written again and again reach the file itself a quarter as often.
  handle.pragma('wal_autocheckpoint = 4000')
  // Savepoints remember pages in files otherwise.
  handle.pragma('temp_store = MEMORY')
  const commit = createGroupCommit(handle, create?.(handle) ?? noExtension)

  port.on('message', (first: readonly WriteRequest[] | 'close') => {
    const group: WriteRequest[] = []
    let message: readonly WriteRequest[] | 'close' | undefined = first
    while (message !== undefined && message !== 'close') {
      group.push(...message)
      message = group.length < largestGroup ? receiveMessageOnPort(port)?.message : undefined
    }
    if (group.length > 0) port.postMessage(commit(group))
    if (message === 'close') {
      handle.close()
      port.close()
    }
  })
}

const noExtension: WriterExtension = {
  run() {
    throw new Error('no migration of this database names an extension of the writer')
  },
  forget() {},
}

async function load(url: string | undefined): Promise<CreateWriterExtension | undefined> {
  if (url === undefined) return undefined
  const module = (await import(url)) as { readonly createWriterExtension: CreateWriterExtension }
  return module.createWriterExtension
}

if (parentPort !== null) {
  const { file, extension } = workerData as WriterData
  serve(parentPort, file, await load(extension))
}
