/**
 * Configuration from folders, as it changes. Joins the watched tree, the reading of single files and the ledger:
 *
 *     DirectoryTree ──touched──▶ pending files ──settled──▶ read, parse ──▶ FileLedger ──▶ onChanges(batch)
 *
 * A change costs the files that changed, never the tree. Which version of a half-written or invalid file counts is the
 * ledger's matter; when a file is read at all is decided here: a file moved into place at once; one that is written in
 * place when nobody has written for `quietMs`, and if it still looks unfinished, not before `graceMs`; one that is gone
 * after `goneMs`, since editors remove and create instead of replacing.
 */

import { accessSync, constants } from 'node:fs'
import path from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Clock, Timer } from '../../platform/clock.ts'
import { MeshwrightError } from '../../platform/errors.ts'
import type { Log } from '../../platform/log.ts'
import { formatProblem, type Problem } from '../problem.ts'
import type { SourceState } from '../source-state.ts'
import { type FileSignature, readConfigFile, signatureOf, statOf } from './config-file.ts'
import { DirectoryTree, type Touch } from './directory-tree.ts'
import { type ConfigChange, type FileContent, FileLedger } from './file-ledger.ts'
import type { RefusedObject } from './refused-object.ts'

export interface FileSourceOptions {
  /** Files `.yaml`, `.yml` and `.json` at any depth below. One that does not exist yet is waited for. */
  readonly directories: readonly string[]
  readonly clock: Clock
  readonly log: Log
  /** One batch per moment, sorted by kind and key; never empty. */
  onChanges(batch: readonly ConfigChange[]): void
  /** Everything that is wrong, sorted by place, whenever it is other than before. */
  onProblems?(problems: readonly Problem[]): void
}

export interface FileSource {
  /** Resolved when everything that was there at the start has been given to `onChanges`. */
  readonly synced: Promise<void>
  /** Resolves when `synced` does. Throws CONFIG_DIRECTORY_UNREADABLE for a folder that is there and cannot be read. */
  start(signal: AbortSignal): Promise<void>
  stop(): void
  state(): SourceState
  /** Of an object in force, by `Kind/namespace/name`: whether its file holds a newer version that was refused. */
  isLastGood(id: string): boolean
  /** Documents that say which object they are and are not in force in any version; the same list until it is another. */
  refused(): readonly RefusedObject[]
  /** Cheap beside `state`: O(problems). */
  counts(): SourceCounts
}

export interface SourceCounts {
  readonly inForce: number
  /** Errors at this moment, each an object or a file that is refused in part or as a whole. */
  readonly refused: number
}

const coalesceMs = 1
const quietMs = 10
const graceMs = 250
const goneMs = 50
/** How long one turn of the event loop may read and parse. */
const turnMs = 10
/** A look at everything, for what the system's notices miss: remote disks, overflowing queues. */
const rescanMs = 60_000
const unwatchedRescanMs = 2000
const missingRootMs = 500

interface Pending {
  /** Monotonic; not before. */
  dueMs: number
  /** What was heard of it since it was last looked at. */
  readonly touches: Record<Touch, number>
  /** Since when the file has been missing; monotonic. */
  goneSinceMs: number | undefined
}

const untouched: Readonly<Record<Touch, number>> = { listed: 0, written: 0, named: 0, moved: 0 }

export function createFileSource(options: FileSourceOptions): FileSource {
  return new WatchedFiles(options)
}

class WatchedFiles implements FileSource {
  readonly synced: Promise<void>
  readonly #options: FileSourceOptions
  readonly #roots: readonly string[]
  readonly #tree: DirectoryTree
  readonly #ledger = new FileLedger()
  /** Read since the last batch: what is asked meanwhile is answered as of that batch. */
  readonly #read = new Map<string, FileContent>()
  readonly #pending = new Map<string, Pending>()
  /** Signature of what was last read of each file. */
  readonly #seen = new Map<string, FileSignature>()
  readonly #timers = new Set<Timer>()
  #flushTimer: { readonly timer: Timer; readonly dueMs: number } | undefined
  #flushing = false
  #stopped = true
  #problems: readonly Problem[] = []
  #logged = new Set<string>()
  #resolveSynced: () => void = () => {}

  constructor(options: FileSourceOptions) {
    this.#options = options
    this.#roots = options.directories.map(directory => path.resolve(directory))
    this.#tree = new DirectoryTree({
      roots: this.#roots,
      log: options.log,
      onTouched: (file, how) => this.#touch(file, how),
      monotonicMs: () => options.clock.monotonicMs(),
    })
    this.synced = new Promise(resolve => {
      this.#resolveSynced = resolve
    })
  }

  async start(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    for (const root of this.#roots) checkRoot(root, this.#options.log)
    signal.addEventListener('abort', () => this.stop(), { once: true })
    this.#stopped = false
    this.#tree.watch()
    this.#tree.rescan()
    for (const pending of this.#pending.values()) pending.dueMs = Number.NEGATIVE_INFINITY
    await this.#flush('first')
    this.#resolveSynced()
    this.#every(
      () => (this.#tree.isFullyWatched ? rescanMs : unwatchedRescanMs),
      () => this.#tree.rescan(),
    )
    this.#every(
      () => missingRootMs,
      () => this.#lookForRoots(),
    )
  }

  stop(): void {
    this.#stopped = true
    this.#tree.close()
    this.#flushTimer?.timer.cancel()
    this.#flushTimer = undefined
    for (const timer of this.#timers) timer.cancel()
    this.#timers.clear()
    this.#pending.clear()
  }

  state(): SourceState {
    return { objects: this.#ledger.status(), problems: this.#ledger.problems() }
  }

  isLastGood(id: string): boolean {
    return this.#ledger.isLastGood(id)
  }

  refused(): readonly RefusedObject[] {
    return this.#ledger.refused()
  }

  counts(): SourceCounts {
    const refused = this.#problems.filter(problem => problem.severity === 'error').map(subjectOf)
    return { inForce: this.#ledger.size, refused: new Set(refused).size }
  }

  #touch(file: string, how: Touch): void {
    const dueMs = this.#options.clock.monotonicMs() + coalesceMs
    const pending = this.#pending.get(file)
    if (pending === undefined)
      this.#pending.set(file, { dueMs, touches: { ...untouched, [how]: 1 }, goneSinceMs: undefined })
    else {
      pending.dueMs = Math.min(pending.dueMs, dueMs)
      pending.touches[how]++
    }
    this.#schedule()
  }

  /** One timer, for the file that is due first. */
  #schedule(): void {
    if (this.#stopped || this.#flushing || this.#pending.size === 0) return
    let dueMs = Number.POSITIVE_INFINITY
    for (const pending of this.#pending.values()) dueMs = Math.min(dueMs, pending.dueMs)
    if (this.#flushTimer !== undefined && this.#flushTimer.dueMs <= dueMs) return
    this.#flushTimer?.timer.cancel()
    const timer = this.#options.clock.after(dueMs - this.#options.clock.monotonicMs(), () => {
      this.#flushTimer = undefined
      void this.#flush('later')
    })
    this.#flushTimer = { timer, dueMs }
  }

  /** Reads what is due, in slices, and then emits once. Never rejects: reading is total, and a throwing consumer ends the process. */
  async #flush(when: 'first' | 'later'): Promise<void> {
    const { clock } = this.#options
    this.#flushing = true
    this.#flushTimer?.timer.cancel()
    this.#flushTimer = undefined
    let turnStartMs = clock.monotonicMs()
    for (const [file, pending] of [...this.#pending].sort(([a], [b]) => (a < b ? -1 : 1))) {
      if (pending.dueMs > clock.monotonicMs() || this.#pending.get(file) !== pending) continue
      this.#pending.delete(file)
      const again = this.#look(file, pending, when)
      if (again !== undefined) this.#pending.set(file, again)
      if (clock.monotonicMs() - turnStartMs < turnMs) continue
      await nextTurn()
      if (this.#stopped) return
      turnStartMs = clock.monotonicMs()
    }
    this.#flushing = false
    this.#emit()
    this.#schedule()
  }

  /** Reads the file, or answers when to look again. */
  #look(file: string, pending: Pending, when: 'first' | 'later'): Pending | undefined {
    const nowMs = this.#options.clock.monotonicMs()
    const again = (afterMs: number): Pending => ({
      dueMs: nowMs + afterMs,
      touches: { ...untouched },
      goneSinceMs: undefined,
    })
    const signature = signatureOf(file)
    if (signature === undefined) return this.#lookAtGone(file, pending, nowMs)
    const seen = this.#seen.get(file)
    if (signature.text === seen?.text) return undefined
    const ageMs = Math.abs(this.#options.clock.now() - signature.modifiedMs)
    const isComplete = pending.touches.moved > 0 || signature.placedAfterWrite || when === 'first'
    // Another file under a known name, heard of once: moved over it from elsewhere. Removing and creating is heard of twice.
    const isReplaced =
      seen !== undefined &&
      seen.identity !== signature.identity &&
      pending.touches.named === 1 &&
      pending.touches.written === 0
    if (!isComplete && !isReplaced && ageMs < quietMs) return again(quietMs)
    const { content, looksUnfinished } = readConfigFile(file)
    if (signatureOf(file)?.text !== signature.text) return again(quietMs)
    if (!isComplete && looksUnfinished && ageMs < graceMs) return again(quietMs)
    this.#seen.set(file, signature)
    this.#read.set(file, content)
    return undefined
  }

  #lookAtGone(file: string, pending: Pending, nowMs: number): Pending | undefined {
    if (!this.#ledger.has(file)) return undefined
    const goneSinceMs = pending.goneSinceMs ?? nowMs
    if (nowMs - goneSinceMs < goneMs) return { dueMs: nowMs + goneMs, touches: { ...untouched }, goneSinceMs }
    this.#seen.delete(file)
    this.#read.set(file, { kind: 'absent' })
    return undefined
  }

  #emit(): void {
    for (const [file, content] of this.#read) this.#ledger.put(file, content)
    this.#read.clear()
    const changes = this.#ledger.commit()
    const problems = this.#ledger.problems()
    this.#problems = problems
    if (changes.length > 0) this.#options.onChanges(changes)
    const texts = new Set(problems.map(formatProblem))
    const isNews = texts.size !== this.#logged.size || [...texts].some(text => !this.#logged.has(text))
    if (!isNews) return
    for (const problem of problems) this.#logProblem(problem)
    this.#logged = texts
    this.#options.onProblems?.(problems)
  }

  #logProblem(problem: Problem): void {
    const text = formatProblem(problem)
    if (!this.#logged.has(text)) this.#options.log.warn({ problem: text, severity: problem.severity }, 'configuration')
  }

  #every(periodMs: () => number, task: () => void): void {
    if (this.#stopped) return
    const timer = this.#options.clock.after(periodMs(), () => {
      this.#timers.delete(timer)
      task()
      this.#every(periodMs, task)
    })
    this.#timers.add(timer)
  }

  /** A folder that appeared, or was replaced by another, since it was last looked at. Its watch, if any, is on the old one. */
  #lookForRoots(): void {
    this.#tree.rescanChangedRoots()
  }
}

/** Several faults of one object count once. */
const subjectOf = ({ file, line, kind, namespace, name }: Problem): string =>
  name === undefined ? `${file}:${line}` : `${file} ${kind} ${namespace}/${name}`

function checkRoot(root: string, log: Log): void {
  const stats = statOf(root)
  if (stats === undefined) {
    log.warn({ directory: root }, 'configuration folder does not exist yet')
    return
  }
  const refuse = (reason: string): never => {
    throw new MeshwrightError('CONFIG_DIRECTORY_UNREADABLE', {
      message: `configuration folder ${root} ${reason}`,
      facts: { directory: root },
    })
  }
  if (!stats.isDirectory()) refuse('is not a folder')
  try {
    accessSync(root, constants.R_OK | constants.X_OK)
  } catch (error) {
    refuse(`cannot be read: ${(error as NodeJS.ErrnoException).code}`)
  }
}
