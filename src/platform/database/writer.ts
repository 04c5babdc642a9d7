/**
 * The writer thread: takes what has gathered, commits it in one transaction, answers. While one commit waits for the
 * disk the next group gathers by itself, so there is no timer and no delay for a lone write.
 */

import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import Sqlite from 'better-sqlite3'
import type { Statement } from './statement.ts'

export interface WriteRequest {
  readonly id: number
  readonly statements: readonly Statement[]
}

export interface WriteAnswer {
  readonly id: number
  /** Absent when it is on disk. */
  readonly failure?: string
}

/** Bounds how long the first writer of a group waits for the last one. */
const largestGroup = 512

function serve(port: MessagePort, file: string): void {
  const handle = new Sqlite(file, { timeout: 5000, fileMustExist: true })
  handle.pragma('synchronous = FULL')
  handle.pragma('foreign_keys = ON')
  const prepared = new Map<string, Sqlite.Statement>()

  const run = (statement: Statement): void => {
    let made = prepared.get(statement.sql)
    if (made === undefined) {
      made = handle.prepare(statement.sql)
      prepared.set(statement.sql, made)
    }
    made.run(...statement.parameters)
  }
  /** A failing write is undone alone. When SQLite ended the whole transaction (disk full …), the group has failed. */
  const apply = (request: WriteRequest): WriteAnswer => {
    handle.exec('SAVEPOINT one')
    try {
      request.statements.forEach(run)
      handle.exec('RELEASE one')
      return { id: request.id }
    } catch (thrown) {
      if (!handle.inTransaction) throw thrown
      handle.exec('ROLLBACK TO one; RELEASE one')
      return { id: request.id, failure: reasonOf(thrown) }
    }
  }
  const commit = (group: readonly WriteRequest[]): readonly WriteAnswer[] => {
    try {
      handle.exec('BEGIN IMMEDIATE')
      const answers = group.map(apply)
      handle.exec('COMMIT')
      return answers
    } catch (thrown) {
      if (handle.inTransaction) handle.exec('ROLLBACK')
      return group.map(request => ({ id: request.id, failure: reasonOf(thrown) }))
    }
  }

  port.on('message', (first: WriteRequest | 'close') => {
    const group: WriteRequest[] = []
    let message: WriteRequest | 'close' | undefined = first
    while (message !== undefined && message !== 'close') {
      group.push(message)
      message = group.length < largestGroup ? receiveMessageOnPort(port)?.message : undefined
    }
    if (group.length > 0) port.postMessage(commit(group))
    if (message === 'close') {
      handle.close()
      port.close()
    }
  })
}

function reasonOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}

if (parentPort !== null) serve(parentPort, workerData as string)
