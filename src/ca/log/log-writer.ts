/**
 * The tree's end in the writer thread: gives an entry its index and stores the subtrees that it completes, in the
 * transaction that stores the entry. O(log n) for each, one stored node on average.
 *
 * Only here are indexes given, in the order of the commits, so order, disk and hashes cannot disagree: a write that is
 * rolled back takes its index back with it.
 */

import type Sqlite from 'better-sqlite3'
import type { SqlValue } from '../../platform/database/statement.ts'
import type { CreateWriterExtension } from '../../platform/database/writer-extension.ts'
import { grow, leafHash, peaksOf } from '../../platform/transparency/merkle.ts'

/** kind, at_ms, identity, serial_number, body: the columns of `log_entry` behind its position. */
export type AppendStep = readonly [
  kind: string,
  atMs: number,
  identity: string | null,
  serialNumber: string | null,
  body: Uint8Array,
]

export const createWriterExtension: CreateWriterExtension = handle => {
  const insertEntry = handle.prepare('INSERT INTO log_entry VALUES (?, ?, ?, ?, ?, ?)')
  const insertNode = handle.prepare('INSERT INTO log_node VALUES (?, ?, ?)')
  let tree: Tree | undefined

  return {
    run(step) {
      const [, , , , body] = step as unknown as AppendStep
      const { size, peaks } = tree ?? readTree(handle)
      insertEntry.run(size, ...step)
      const grown = grow(peaks, size, leafHash(body), ({ level, position }, hash) => {
        insertNode.run(level, position, hash)
      })
      tree = { size: size + 1, peaks: grown }
      return size
    },
    forget() {
      tree = undefined
    },
  }
}

interface Tree {
  readonly size: number
  readonly peaks: readonly Buffer[]
}

function readTree(handle: Sqlite.Database): Tree {
  const size = Number(handle.prepare('SELECT coalesce(max(position) + 1, 0) FROM log_entry').pluck().get())
  const body = handle.prepare('SELECT body FROM log_entry WHERE position = ?').pluck()
  const node = handle.prepare('SELECT hash FROM log_node WHERE level = ? AND position = ?').pluck()
  const peaks = peaksOf(size).map(({ level, position }) =>
    level === 0 ? leafHash(bytes(body.get(position))) : bytes(node.get(level, position)),
  )
  return { size, peaks }
}

function bytes(value: unknown): Buffer {
  if (Buffer.isBuffer(value)) return value
  throw new Error('the hash tree of the log is incomplete: run `meshwright ca log verify --recompute`')
}

/** For Database.append. */
export function appendStep(step: AppendStep): readonly SqlValue[] {
  return step
}
