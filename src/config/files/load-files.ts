/** Files and folders read once, for commands: the same reading and the same precedence as the watched source. */

import path from 'node:path'
import { MeshwrightError } from '../../platform/errors.ts'
import type { Log } from '../../platform/log.ts'
import type { AnyObject } from '../kinds/catalogue.ts'
import type { Problem } from '../problem.ts'
import { readConfigFile, statOf } from './config-file.ts'
import { DirectoryTree } from './directory-tree.ts'
import { FileLedger } from './file-ledger.ts'

export interface LoadedConfig {
  /** Sorted by kind and key. */
  readonly objects: readonly AnyObject[]
  readonly problems: readonly Problem[]
}

/** `places` are files of any name, or folders. Throws CONFIG_DIRECTORY_UNREADABLE for one that is not there. */
export function loadFiles(places: readonly string[], log: Log): LoadedConfig {
  const ledger = new FileLedger()
  for (const file of places.flatMap(place => filesOf(path.resolve(place), log)))
    ledger.put(file, readConfigFile(file).content)
  const objects = ledger.commit().flatMap(({ object }) => (object === undefined ? [] : [object]))
  return { objects, problems: ledger.problems() }
}

function filesOf(place: string, log: Log): readonly string[] {
  const stats = statOf(place)
  if (stats === undefined) {
    throw new MeshwrightError('CONFIG_DIRECTORY_UNREADABLE', { message: `${place} does not exist`, facts: { place } })
  }
  if (!stats.isDirectory()) return [place]
  return new DirectoryTree({ roots: [place], log, onTouched: () => {}, monotonicMs: () => 0 }).list()
}
