/** The pruned part of the log in the daemon's database (schema/0008-forgotten.ts). */

import type { Database, SqlValue, Statement } from '../../platform/database/database.ts'
import { logSlotMs } from './log-slot.ts'
import { type ForgottenLeaf, forgettableKinds, type PruningRecords } from './pruning-records.ts'

export function sqlitePruningRecords(database: Database): PruningRecords {
  const numberIn = (sql: string, parameters: readonly SqlValue[] = []): number | undefined => {
    const n = database.get(sql, parameters)?.n
    return n === null || n === undefined ? undefined : Number(n)
  }
  return {
    prunableUntil(beforeMs, nowMs) {
      const size = numberIn('SELECT max(position) + 1 AS n FROM log_entry') ?? 0
      const young = numberIn('SELECT min(first_position) AS n FROM log_slot WHERE slot >= ?', [
        Math.floor(beforeMs / logSlotMs),
      ])
      return Math.min(size, young ?? size, numberIn(firstLiving, [nowMs]) ?? size)
    },
    keptIndexes: untilIndex => database.all(selectKept, [untilIndex]).map(row => Number(row.position)),
    forgettable: (untilIndex, limit) =>
      database.all(selectForgettable, [untilIndex, limit]).map(row => ({
        index: Number(row.position),
        // The schema says so.
        body: row.body as Buffer,
      })),
    async forget(leaves) {
      const [first, last] = [leaves[0]?.index, leaves.at(-1)?.index]
      if (first === undefined || last === undefined) return
      await database.write([
        ...leaves.map(insertLeaf),
        { sql: 'DELETE FROM issuance WHERE log_position BETWEEN ? AND ?', parameters: [first, last] },
        {
          sql: `DELETE FROM log_entry WHERE position BETWEEN ? AND ? AND kind IN (${kinds})`,
          parameters: [first, last],
        },
      ])
    },
    forgottenLeaves: (from, limit) =>
      database
        .all('SELECT position, hash FROM log_forgotten WHERE position >= ? ORDER BY position LIMIT ?', [from, limit])
        .map(row => ({ index: Number(row.position), hash: row.hash as Buffer })),
    forgottenCount: untilIndex =>
      numberIn('SELECT count(*) AS n FROM log_forgotten WHERE position < ?', [untilIndex]) ?? 0,
    issuancesOfForgotten: () =>
      numberIn('SELECT count(*) AS n FROM issuance JOIN log_forgotten ON position = log_position') ?? 0,
  }
}

const kinds = forgettableKinds.map(kind => `'${kind}'`).join(', ')

/** By issuer, of which there are few: then their index leads to the certificates that live, and passes over the others. */
const firstLiving = `
  WITH RECURSIVE issuer (name) AS (
    SELECT min(issuer_fingerprint) FROM issuance
    UNION ALL
    SELECT (SELECT min(issuer_fingerprint) FROM issuance WHERE issuer_fingerprint > issuer.name) FROM issuer
    WHERE issuer.name IS NOT NULL
  )
  SELECT min(log_position) AS n FROM issuer
  JOIN issuance ON issuance.issuer_fingerprint = issuer.name AND issuance.not_after_ms > ?`

/** In the words of the partial index, or it would not be used. */
const selectKept = `
  SELECT position FROM log_entry
  WHERE kind NOT IN ('issue', 'renewal') AND kind <> 'refusal' AND position < ? ORDER BY position`

const selectForgettable = `
  SELECT position, body FROM log_entry WHERE position < ? AND kind IN (${kinds}) ORDER BY position LIMIT ?`

function insertLeaf({ index, hash }: ForgottenLeaf): Statement {
  return { sql: 'INSERT INTO log_forgotten (position, hash) VALUES (?, ?)', parameters: [index, hash] }
}
