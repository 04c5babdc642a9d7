/** Files and folders read once, for commands: the same reading and the same precedence as the watched source. */

import path from 'node:path'
import { MeshwrightError } from '../../platform/errors.ts'
import type { Log } from '../../platform/log.ts'
import type { AnyObject } from '../kinds/catalogue.ts'
import type { Problem } from '../problem.ts'
import { readConfigBytes, readConfigFile, statOf } from './config-file.ts'
import { DirectoryTree } from './directory-tree.ts'
import { FileLedger } from './file-ledger.ts'

export interface LoadedConfig {
  /** Sorted by kind and key. */
  readonly objects: readonly AnyObject[]
  readonly problems: readonly Problem[]
  /** How many files were read, standard input among them. */
  readonly files: number
  /** Where a file is that messages name so. */
  pathOf(shownAs: string): string
}

export interface LoadOptions {
  readonly log: Log
  /** What the place `-` holds. */
  readonly standardInput?: Uint8Array
  /** Called after each file. */
  onProgress?(done: number, total: number): void
}

/** How messages name standard input. */
export const standardInputName = 'stdin'

/**
 * `places` are files of any name, folders, or `-`. Messages name files as the places name them. Throws
 * CONFIG_DIRECTORY_UNREADABLE for a place that is not there.
 */
export function loadFiles(places: readonly string[], options: LoadOptions): LoadedConfig {
  const files = new Map(places.flatMap(place => filesOf(place, options.log)))
  const ledger = new FileLedger()
  let done = 0
  for (const [file, shownAs] of files) {
    const { content } =
      file === '-' ? readConfigBytes(options.standardInput ?? new Uint8Array(), shownAs) : readConfigFile(file, shownAs)
    ledger.put(shownAs, content)
    options.onProgress?.(++done, files.size)
  }
  const objects = ledger.commit().flatMap(({ object }) => (object === undefined ? [] : [object]))
  const paths = new Map([...files].map(([file, shownAs]) => [shownAs, file]))
  return { objects, problems: ledger.problems(), files: files.size, pathOf: shownAs => paths.get(shownAs) ?? shownAs }
}

/** Each with the name that messages show. One file named in two ways is read once, under its first name. */
export function filesOf(place: string, log: Log): readonly (readonly [string, string])[] {
  if (place === '-') return [['-', standardInputName]]
  const root = path.resolve(place)
  const stats = statOf(root)
  if (stats === undefined) {
    throw new MeshwrightError('CONFIG_DIRECTORY_UNREADABLE', {
      message: `${place} does not exist`,
      remedy: 'Name a file or a folder that is there, or - for standard input.',
      facts: { place },
    })
  }
  if (!stats.isDirectory()) return [[root, place]]
  const tree = new DirectoryTree({ roots: [root], log, onTouched: () => {}, monotonicMs: () => 0 })
  return tree.list().map(file => [file, path.join(place, path.relative(root, file))])
}
