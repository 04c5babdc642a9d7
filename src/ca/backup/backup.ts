/** `meshwright backup`: the state of a daemon that may be running, in one file. */

import { existsSync, rmSync } from 'node:fs'
import path from 'node:path'
import type { Clock } from '../../platform/clock.ts'
import { databaseFileName } from '../../platform/database/database.ts'
import { snapshotDatabase } from '../../platform/database/snapshot.ts'
import { errorFrom, MeshwrightError } from '../../platform/errors.ts'
import { meshwrightVersion } from '../../platform/version.ts'
import { sealingKeyFileName } from '../sealed-secrets.ts'
import { type BackupManifest, writeBackup } from './backup-file.ts'

export interface BackupOptions {
  /** The daemon's data directory, on this machine. */
  readonly directory: string
  readonly target: string
  /** The sealing key opens the authority's private keys: with it the backup is as secret as they are. */
  readonly contents: 'database-and-key' | 'database'
  readonly clock: Clock
}

/** An earlier backup at `target` is replaced when the new one is whole. Throws `BACKUP_FAILED`, `DATABASE_CORRUPT`. */
export function backUp({ directory, target, contents, clock }: BackupOptions): BackupManifest {
  if (!existsSync(path.join(directory, databaseFileName))) {
    throw new MeshwrightError('BACKUP_FAILED', {
      message: `${directory} holds no database`,
      remedy: "Give the daemon's data directory with --data.",
    })
  }
  const snapshot = `${target}.snapshot`
  takeSnapshot(directory, snapshot)
  try {
    const sources = new Map([[databaseFileName, snapshot]])
    if (contents === 'database-and-key') sources.set(sealingKeyFileName, path.join(directory, sealingKeyFileName))
    const createdAt = new Date(clock.now()).toISOString()
    return writeBackup(target, { createdAt, version: meshwrightVersion }, sources)
  } finally {
    rmSync(snapshot, { force: true })
  }
}

/** A folder that cannot be written is no fault of the database. */
function takeSnapshot(directory: string, snapshot: string): void {
  try {
    snapshotDatabase(directory, snapshot)
  } catch (thrown) {
    if (errorFrom(thrown).code === 'DATABASE_CORRUPT') throw thrown
    throw new MeshwrightError('BACKUP_FAILED', {
      message: `no copy of the database could be made at ${snapshot}: ${errorFrom(thrown).message}`,
      remedy: 'Check the free space and the permissions of its folder.',
      cause: thrown,
    })
  }
}
