/**
 * The configuration files below some folders, and word of those that may have changed. One watch per folder; names that
 * cannot be configuration cost nothing. It says "look at this file", never what is in it.
 */

import { type Dirent, existsSync, type FSWatcher, readdirSync, watch } from 'node:fs'
import path from 'node:path'
import type { Log } from '../../platform/log.ts'
import { isConfigFileName, statOf } from './config-file.ts'

/**
 * `listed`: found by looking. `written`: its content or attributes. `named`: created, removed or moved.
 * `moved`: a temporary file of the same folder has just taken this name, so that the content is complete.
 */
export type Touch = 'listed' | 'written' | 'named' | 'moved'

export interface DirectoryTreeOptions {
  readonly roots: readonly string[]
  readonly log: Log
  onTouched(file: string, how: Touch): void
  /** For telling which events belong together. */
  monotonicMs(): number
}

interface Directory {
  readonly watcher: FSWatcher | undefined
  /** Of the folder itself behind all links. */
  readonly identity: string
  readonly files: Set<string>
  readonly children: Set<string>
  lastVanishMs: number
}

/** Deeper is a loop or a mistake. */
const deepest = 32
/** The two events of one move arrive together. */
const moveWindowMs = 5

export class DirectoryTree {
  readonly #options: DirectoryTreeOptions
  readonly #directories = new Map<string, Directory>()
  #watching = false
  #failedWatches = 0

  constructor(options: DirectoryTreeOptions) {
    this.#options = options
  }

  /** Every file of every folder, sorted, without watching. */
  list(): readonly string[] {
    this.rescan()
    return [...this.#directories.values()].flatMap(directory => [...directory.files]).sort()
  }

  /** From here on folders are watched. Call before `rescan`, so that nothing happens unseen in between. */
  watch(): void {
    this.#watching = true
  }

  /** False when the system gave no watch for some folder: then only `rescan` sees its changes. */
  get isFullyWatched(): boolean {
    return this.#failedWatches === 0
  }

  /** Looks at everything anew and reports each file, known or new or gone. O(files). */
  rescan(): void {
    for (const root of this.#options.roots) this.#scan(root, [])
  }

  /** Cheap: one stat a root. For roots that appear, vanish or are replaced, which no watch of ours can see. */
  rescanChangedRoots(): void {
    for (const root of this.#options.roots) {
      if (identityOf(root) !== (this.#directories.get(root)?.identity ?? '')) this.#scan(root, [])
    }
  }

  close(): void {
    for (const directory of [...this.#directories.keys()]) this.#drop(directory)
    this.#watching = false
  }

  #scan(directory: string, ancestors: readonly string[]): void {
    const identity = identityOf(directory)
    const entries = identity === '' ? undefined : entriesOf(directory)
    const known = this.#directories.get(directory)
    if (entries === undefined || ancestors.includes(identity) || ancestors.length > deepest) {
      this.#drop(directory)
      return
    }
    // Another folder behind the name (a link was moved): the old watch sees nothing of it.
    if (known !== undefined && known.identity !== identity) known.watcher?.close()
    const current = known?.identity === identity ? known : this.#open(directory, identity, known)
    this.#directories.set(directory, current)
    // Read again once watched: what came in between would be neither listed nor heard of.
    this.#compare(directory, current, known?.identity === identity ? entries : (entriesOf(directory) ?? entries), [
      ...ancestors,
      identity,
    ])
  }

  #compare(directory: string, current: Directory, entries: readonly Dirent[], ancestors: readonly string[]): void {
    const files = new Set<string>()
    const children = new Set<string>()
    for (const entry of entries) {
      const place = path.join(directory, entry.name)
      if (entry.name.startsWith('.')) continue
      if (entry.isDirectory() || (entry.isSymbolicLink() && statOf(place)?.isDirectory() === true)) children.add(place)
      else if (isConfigFileName(entry.name)) files.add(place)
    }
    for (const child of current.children) if (!children.has(child)) this.#drop(child)
    const touched = new Set([...current.files, ...files])
    replace(current.files, files)
    replace(current.children, children)
    for (const file of [...touched].sort()) this.#options.onTouched(file, 'listed')
    for (const child of [...children].sort()) this.#scan(child, ancestors)
  }

  #open(directory: string, identity: string, known: Directory | undefined): Directory {
    return {
      watcher: this.#watching ? this.#watcherOf(directory) : undefined,
      identity,
      files: known?.files ?? new Set(),
      children: known?.children ?? new Set(),
      lastVanishMs: Number.NEGATIVE_INFINITY,
    }
  }

  #watcherOf(directory: string): FSWatcher | undefined {
    try {
      const watcher = watch(directory, { encoding: 'utf8' })
      watcher.on('change', (kind, name) => this.#onEvent(directory, kind, typeof name === 'string' ? name : undefined))
      watcher.on('error', error => this.#onWatchFailure(directory, error))
      return watcher
    } catch (error) {
      this.#onWatchFailure(directory, error)
      return undefined
    }
  }

  #onWatchFailure(directory: string, error: unknown): void {
    this.#failedWatches++
    const remedy =
      'raise fs.inotify.max_user_watches and max_user_instances; until then the folder is looked at periodically'
    this.#options.log.warn(
      { directory, code: (error as NodeJS.ErrnoException).code, remedy },
      'folder cannot be watched',
    )
  }

  #onEvent(directory: string, kind: string, name: string | undefined): void {
    const current = this.#directories.get(directory)
    if (current === undefined) return
    const place = name === undefined ? directory : path.join(directory, name)
    if (name !== undefined && isConfigFileName(name) && !current.children.has(place)) {
      const nowMs = this.#options.monotonicMs()
      current.files.add(place)
      const isMoved = nowMs - current.lastVanishMs <= moveWindowMs && existsSync(place)
      this.#options.onTouched(place, kind !== 'rename' ? 'written' : isMoved ? 'moved' : 'named')
      return
    }
    // `..data` of a mounted ConfigMap: the links of the whole folder now lead elsewhere.
    if (name === undefined || name.startsWith('..')) {
      this.#scanKnown(directory)
      return
    }
    if (current.children.has(place) || (!name.startsWith('.') && identityOf(place) !== '')) {
      this.#scanChild(directory, place)
      return
    }
    if (kind === 'rename' && !existsSync(place)) current.lastVanishMs = this.#options.monotonicMs()
    // A folder's own name comes when it is removed or moved away.
    if (name === path.basename(directory) && identityOf(directory) !== current.identity) this.#scanKnown(directory)
  }

  #scanChild(directory: string, child: string): void {
    const current = this.#directories.get(directory)
    if (identityOf(child) === '') current?.children.delete(child)
    else current?.children.add(child)
    this.#scanKnown(child)
  }

  #scanKnown(directory: string): void {
    this.#scan(directory, this.#ancestorsOf(directory))
  }

  #ancestorsOf(directory: string): readonly string[] {
    const identities: string[] = []
    for (let parent = path.dirname(directory); ; parent = path.dirname(parent)) {
      const known = this.#directories.get(parent)
      if (known !== undefined) identities.unshift(known.identity)
      if (parent === path.dirname(parent)) return identities
    }
  }

  #drop(directory: string): void {
    const known = this.#directories.get(directory)
    if (known === undefined) return
    this.#directories.delete(directory)
    known.watcher?.close()
    for (const child of known.children) this.#drop(child)
    for (const file of [...known.files].sort()) this.#options.onTouched(file, 'listed')
  }
}

/** Empty when there is no folder. */
function identityOf(directory: string): string {
  const stats = statOf(directory)
  return stats?.isDirectory() === true ? `${stats.dev}:${stats.ino}` : ''
}

function entriesOf(directory: string): readonly Dirent[] | undefined {
  try {
    return readdirSync(directory, { withFileTypes: true })
  } catch {
    return undefined
  }
}

function replace<T>(target: Set<T>, values: ReadonlySet<T>): void {
  target.clear()
  for (const value of values) target.add(value)
}
