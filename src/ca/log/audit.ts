/**
 * The whole tree computed again from its entries: each entry decodes and is in its place, each stored subtree is what its
 * leaves make it, each certificate's row is what its entry says, and nothing is left over. What a changed, added or
 * removed row cannot survive; a log that was cut off or made anew is betrayed by kept checkpoints (witness.ts).
 */

import { isDeepStrictEqual } from 'node:util'
import { emptyRoot, grow, leafHash, rootOfPeaks } from '../../platform/transparency/merkle.ts'
import type { Issuance } from '../store/store.ts'
import { issuanceEntry } from './issuance-entry.ts'
import { decodeLogEntry, encodeLogEntry, type LogEntry } from './log-entry.ts'
import type { LogRecords, LogRow } from './log-records.ts'
import { keptHashOf, lastPrune } from './pruning.ts'
import { isForgettable } from './pruning-records.ts'

export interface AuditReport {
  readonly atMs: number
  readonly size: number
  readonly rootHash: Buffer
  /** Empty: all is as it was written. The first ones by index. */
  readonly faults: readonly string[]
}

export interface AuditedRecords extends LogRecords {
  /** With their place in the log, in its order. */
  issuancesFrom(index: number, toIndex: number): readonly { readonly index: number; readonly issuance: Issuance }[]
  /** Rows that name no entry. */
  issuancesWithoutEntry(): number
}

export interface AuditOptions {
  readonly records: AuditedRecords
  readonly nowMs: () => number
  /** Awaited between slices, so that the daemon goes on serving. Rejects to end the audit. */
  readonly breathe: () => Promise<void>
}

const sliceEntries = 128
const mostFaults = 20

export async function auditLog({ records, nowMs, breathe }: AuditOptions): Promise<AuditReport> {
  // What is appended meanwhile is not looked at.
  const size = records.logSize()
  const faults: string[] = []
  let peaks: Buffer[] = []
  let at = 0
  let nodes = 0
  let lastForgotten = -1
  const lasting: number[] = []
  while (at < size && faults.length < mostFaults) {
    const end = Math.min(at + sliceEntries, size)
    const rows = new Map(records.logRows(at, end - at).map(row => [row.index, row]))
    // Read behind the rows: what is forgotten meanwhile is in one of the two.
    const forgotten = new Map(records.forgottenLeaves(at, end - at).map(leaf => [leaf.index, leaf.hash]))
    const certificates = records.issuancesFrom(at, end)
    const issued = new Map(certificates.map(row => [row.index, row.issuance]))
    if (issued.size < certificates.length) faults.push(`an entry from ${at} on has rows of two certificates`)
    for (; at < end; at += 1) {
      const [row, kept] = [rows.get(at), forgotten.get(at)]
      const leaf = row === undefined ? kept : leafHash(row.body)
      if (leaf === undefined) {
        faults.push(`entries ${at} to ${lastMissing(at, end, rows, forgotten)} are missing`)
        return { atMs: nowMs(), size, rootHash: rootOfPeaks(peaks), faults }
      }
      if (kept === undefined) {
        if (row !== undefined) faults.push(...rowFaults(row, issued.get(at)))
        if (row !== undefined && !isForgettable(row.kind)) lasting.push(at)
      } else {
        lastForgotten = at
        if (!kept.equals(leaf)) faults.push(`the hash of entry ${at}, which is forgotten, is not that of its bytes`)
      }
      peaks = grow(peaks, at, leaf, ({ level, position }, hash) => {
        nodes += 1
        if (isStored(records, level, position, hash)) return
        faults.push(
          `the stored hash of entries ${position * 2 ** level} to ${(position + 1) * 2 ** level - 1} is another`,
        )
      })
    }
    await breathe()
  }
  if (at === size && faults.length === 0) faults.push(...leftOver(records, size, nodes))
  if (at === size) faults.push(...pruneFaults(records, lastForgotten, lasting))
  faults.push(...epochFaults(records))
  const rootHash = at === 0 ? emptyRoot : rootOfPeaks(peaks)
  return { atMs: nowMs(), size, rootHash, faults: faults.slice(0, mostFaults) }
}

function lastMissing(at: number, end: number, ...there: readonly ReadonlyMap<number, unknown>[]): number {
  let last = at
  while (last + 1 < end && there.every(known => !known.has(last + 1))) last += 1
  return last
}

/** Nothing is forgotten but what an entry says was pruned, and of that nothing that should have stayed. */
function pruneFaults(records: LogRecords, lastForgotten: number, lasting: readonly number[]): readonly string[] {
  if (lastForgotten === -1) return []
  const recorded = lastPrune(records)
  if (recorded === undefined || lastForgotten >= recorded.untilIndex) {
    return [`entry ${lastForgotten} is gone and no entry says that it was pruned`]
  }
  const kept = lasting.filter(index => index < recorded.untilIndex)
  if (keptHashOf(kept) === recorded.keptHash) return []
  return [`entries before ${recorded.untilIndex} are gone that were not pruned`]
}

function isStored(records: LogRecords, level: number, position: number, hash: Buffer): boolean {
  try {
    return records.logNode(level, position).equals(hash)
  } catch {
    return false
  }
}

function rowFaults(row: LogRow, issuance: Issuance | undefined): readonly string[] {
  let entry: LogEntry
  try {
    entry = decodeLogEntry(row.body)
  } catch {
    return [`entry ${row.index} is not one that meshwright wrote`]
  }
  const faults: string[] = []
  if (!encodeLogEntry(entry).equals(row.body)) faults.push(`entry ${row.index} has not the form that meshwright writes`)
  const isIssuance = entry.kind === 'issue' || entry.kind === 'renewal'
  const columns = isIssuance ? {} : { identity: entry.identity, serialNumber: entry.serialNumber }
  const wanted = { kind: entry.kind, atMs: entry.atMs, identity: undefined, serialNumber: undefined, ...columns }
  const { kind, atMs, identity, serialNumber } = row
  if (!isDeepStrictEqual({ kind, atMs, identity, serialNumber }, wanted)) {
    faults.push(`the columns of entry ${row.index} are not what the entry says`)
  }
  if (isIssuance && issuance === undefined) faults.push(`the certificate of entry ${row.index} has no row`)
  if (issuance !== undefined && !isDeepStrictEqual(issuanceEntry(issuance), entry)) {
    faults.push(`the row of certificate ${issuance.serialNumber} is not what entry ${row.index} says`)
  }
  return faults
}

/** While the audit ran, only what came behind `size` may have been added. */
function leftOver(records: AuditedRecords, size: number, nodes: number): readonly string[] {
  const faults: string[] = []
  const stored = records.logNodeCount()
  // The writer is another thread: the count belongs to `size` only if nothing had come when it had been read.
  if (stored !== nodes && records.logSize() === size) {
    faults.push(`${stored} hashes are stored where ${size} entries make ${nodes}: the log was longer`)
  }
  const strays = records.issuancesWithoutEntry()
  if (strays > 0) faults.push(`${strays} rows of certificates have no entry in the log`)
  const forgotten = records.issuancesOfForgotten()
  if (forgotten > 0) faults.push(`${forgotten} rows of certificates have entries that are forgotten`)
  return faults
}

function epochFaults(records: LogRecords): readonly string[] {
  const epochs = records.logEpochs()
  const restores = records.logEntries({ kind: 'restore', limit: epochs.length + 1, order: 'oldest-first' }).length
  if (restores !== epochs.length - 1)
    return [`the log has ${restores} entries of a restore and ${epochs.length} epochs`]
  return epochs.flatMap(({ epoch, firstIndex }, order) => {
    if (order === 0) return firstIndex === 0 ? [] : ['the first epoch does not begin at entry 0']
    const [begin] = records.logEntries({ from: firstIndex, limit: 1, order: 'oldest-first' })
    const isIt = begin?.index === firstIndex && begin.entry.kind === 'restore' && begin.entry.details?.epoch === epoch
    return isIt ? [] : [`epoch ${epoch} does not begin with an entry of its restore`]
  })
}
