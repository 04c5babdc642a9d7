/**
 * Commits a group of writes as one transaction. Each is on its own all the same: a group in which one fails is undone and
 * done again with a savepoint for each. Not from the start, because a savepoint copies every page that its write touches,
 * which took a third of the CPU of an issuance in this thread (bench/ca-load.ts).
 */

import type Sqlite from 'better-sqlite3'
import type { WriteAnswer, WriteRequest } from './writer.ts'
import type { WriterExtension } from './writer-extension.ts'

/** The answers have the order of the group; those with a failure have changed nothing. */
export type GroupCommit = (group: readonly WriteRequest[]) => readonly WriteAnswer[]

export function createGroupCommit(handle: Sqlite.Database, extension: WriterExtension): GroupCommit {
  const known = new Map<string, Sqlite.Statement>()
  const prepared = (sql: string): Sqlite.Statement => {
    let statement = known.get(sql)
    if (statement === undefined) {
      statement = handle.prepare(sql)
      known.set(sql, statement)
    }
    return statement
  }

  const apply = ({ id, step, statements }: WriteRequest): WriteAnswer => {
    const result = step === undefined ? undefined : extension.run(step)
    for (const { sql, parameters } of statements) prepared(sql).run(...parameters)
    return result === undefined ? { id } : { id, result }
  }
  /** When SQLite ended the whole transaction (disk full …), the group has failed. */
  const applyApart = (request: WriteRequest): WriteAnswer => {
    prepared('SAVEPOINT one').run()
    try {
      const answer = apply(request)
      prepared('RELEASE one').run()
      return answer
    } catch (thrown) {
      extension.forget()
      if (!handle.inTransaction) throw thrown
      handle.exec('ROLLBACK TO one; RELEASE one')
      return { id: request.id, failure: reasonOf(thrown) }
    }
  }
  const undo = (): void => {
    extension.forget()
    if (handle.inTransaction) handle.exec('ROLLBACK')
  }
  const applied = (group: readonly WriteRequest[]): readonly WriteAnswer[] => {
    prepared('BEGIN IMMEDIATE').run()
    try {
      return group.map(apply)
    } catch (thrown) {
      if (group.length === 1) throw thrown
      undo()
      prepared('BEGIN IMMEDIATE').run()
      return group.map(applyApart)
    }
  }
  return group => {
    try {
      const answers = applied(group)
      prepared('COMMIT').run()
      return answers
    } catch (thrown) {
      undo()
      return group.map(({ id }) => ({ id, failure: reasonOf(thrown) }))
    }
  }
}

function reasonOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}
