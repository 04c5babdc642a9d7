/** Files that only their owner may read. Created with the mode, so that there is no moment in which others could open them. */

import { chmodSync, closeSync, openSync, readdirSync, statSync } from 'node:fs'
import { MeshwrightError } from '../errors.ts'
import { makePrivateDirectories } from '../files.ts'
import type { Log } from '../log.ts'

/**
 * Makes the directory (0700) when it is missing. One that exists keeps its mode, because it may be shared (nobody wants
 * a mistyped `--data /tmp` to close /tmp to others): a wider mode is only reported; the files in it are 0600 anyway.
 */
export function openPrivateDirectory(directory: string, log: Log): void {
  try {
    makePrivateDirectories(directory)
    readdirSync(directory)
    const mode = statSync(directory).mode & 0o777
    if ((mode & 0o077) !== 0) log.warn({ directory, mode: mode.toString(8) }, 'data directory is open to other users')
  } catch (cause) {
    throw new MeshwrightError('DATABASE_DIRECTORY_UNUSABLE', {
      message: `the data directory ${directory} cannot be used: ${cause instanceof Error ? cause.message : String(cause)}`,
      remedy: 'Name a directory that this user may make, read and write.',
      facts: { directory },
      cause,
    })
  }
}

/** An empty file of mode 0600 when there is none; an existing one keeps its content and gets the mode. */
export function createPrivateFile(file: string): void {
  try {
    closeSync(openSync(file, 'a', 0o600))
    chmodSync(file, 0o600)
  } catch (cause) {
    throw new MeshwrightError('DATABASE_DIRECTORY_UNUSABLE', {
      message: `the file ${file} cannot be made or opened: ${cause instanceof Error ? cause.message : String(cause)}`,
      remedy: 'Check the owner, the permissions and the free space of the data directory.',
      facts: { file },
      cause,
    })
  }
}
