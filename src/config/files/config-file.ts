/** One file of configuration: what counts as one, its identity on disk, and how it is read. */

import { type BigIntStats, readFileSync, statSync } from 'node:fs'
import { parseConfigText } from '../parse.ts'
import type { Problem } from '../problem.ts'
import { decodeText } from '../text-encoding.ts'
import { largestFileBytes } from '../yaml-documents.ts'
import type { FileContent } from './file-ledger.ts'

/** Editors' temporary files and Kubernetes' hidden folders start with a dot. */
export const isConfigFileName = (name: string): boolean => !name.startsWith('.') && /\.(?:yaml|yml|json)$/i.test(name)

/** Changes whenever the content may have: another file behind the name, another length, another time. */
export interface FileSignature {
  readonly text: string
  /** Which file it is, whatever its name and content. */
  readonly identity: string
  readonly modifiedMs: number
  /** The name was given to the file after its last write: it was moved into place, complete. */
  readonly placedAfterWrite: boolean
}

/** Follows symbolic links. Undefined when there is no regular file. */
export function signatureOf(file: string): FileSignature | undefined {
  const stats = statOf(file)
  if (stats === undefined || !stats.isFile()) return undefined
  return {
    identity: `${stats.dev}:${stats.ino}`,
    text: `${stats.dev}:${stats.ino}:${stats.size}:${stats.mtimeNs}:${stats.ctimeNs}`,
    modifiedMs: Number(stats.mtimeNs) / 1e6,
    placedAfterWrite: stats.ctimeNs > stats.mtimeNs,
  }
}

export function statOf(place: string): BigIntStats | undefined {
  try {
    return statSync(place, { bigint: true, throwIfNoEntry: false })
  } catch {
    // A loop of links, a parent that is no folder, no permission: for us there is nothing.
    return undefined
  }
}

export interface ReadFile {
  readonly content: FileContent
  /** Whether it looks as if its writer were not finished: empty, without a final line feed, or no YAML. */
  readonly looksUnfinished: boolean
}

/**
 * Total. Synchronous: a changed file is a few kilobytes on a local disk, and every turn of the event loop would add
 * latency. `shownAs` is how messages name the file.
 */
export function readConfigFile(file: string, shownAs = file): ReadFile {
  try {
    const size = statOf(file)?.size ?? 0n
    if (size > largestFileBytes)
      return unreadable(shownAs, { reason: 'the file is larger than 64 MiB', remedy: 'split it' })
    return readConfigBytes(readFileSync(file), shownAs)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ENOENT' || code === 'ENOTDIR') return { content: { kind: 'absent' }, looksUnfinished: false }
    return unreadable(shownAs, { reason: `cannot be read: ${code ?? String(error)}` })
  }
}

/** The content of a file, however it came here. */
export function readConfigBytes(bytes: Uint8Array, shownAs: string): ReadFile {
  const decoded = decodeText(bytes)
  if (decoded.kind === 'undecodable') {
    const { reason, line, column } = decoded
    return unreadable(shownAs, { reason, line, column, remedy: 'save it as UTF-8' })
  }
  const parsed = parseConfigText(decoded.text, shownAs)
  return {
    content: { kind: 'parsed', parsed },
    looksUnfinished: parsed.syntax === 'broken' || decoded.text.trim() === '' || !decoded.text.endsWith('\n'),
  }
}

function unreadable(file: string, fault: Pick<Problem, 'reason'> & Partial<Problem>): ReadFile {
  const problem: Problem = { severity: 'error', file, line: 1, column: 1, ...fault }
  return { content: { kind: 'unreadable', problem }, looksUnfinished: true }
}
