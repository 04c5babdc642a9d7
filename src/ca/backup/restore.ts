/**
 * `meshwright restore`: puts a backup in the place of a data directory. All that can fail is done on a copy beside, and
 * only then the files change places.
 *
 * What was logged after the backup is lost, and with it what was revoked: so the log goes on in a new epoch, and nothing
 * is issued until that is confirmed.
 */

import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import path from 'node:path'
import type { Clock } from '../../platform/clock.ts'
import { databaseFileName, type Migration, openDatabase } from '../../platform/database/database.ts'
import { lockDirectory, lockFileName } from '../../platform/database/lock.ts'
import { openPrivateDirectory } from '../../platform/database/private-files.ts'
import { MeshwrightError } from '../../platform/errors.ts'
import type { Log } from '../../platform/log.ts'
import { rootAt } from '../../platform/transparency/tree-proofs.ts'
import { logKeyName } from '../log/checkpoint-signer.ts'
import { epochStatements, nextEpoch, reasonOfRestore } from '../log/log-records.ts'
import { openSecretSealer, sealingKeyFileName } from '../sealed-secrets.ts'
import { sqliteCaStore } from '../store/store-sqlite.ts'
import { type BackupManifest, openBackup, syncDirectory } from './backup-file.ts'

export interface RestoreOptions {
  readonly file: string
  /** Of a daemon that does not run. */
  readonly directory: string
  /** `replace`: what is there is put aside, into a folder `replaced-…` of the directory. */
  readonly into: 'empty-directory' | 'replace'
  /** Of all that the daemon keeps in its database. */
  readonly migrations: readonly Migration[]
  readonly clock: Clock
  readonly log: Log
}

export interface Restored {
  readonly manifest: BackupManifest
  /** Entries of the log before the one of this restore. */
  readonly logSize: number
  /** Where what was there is now. */
  readonly replaced: string | undefined
}

/** Throws `BACKUP_INVALID`, `RESTORE_REFUSED`, `DATABASE_IN_USE`, `DATABASE_CORRUPT`, `LOG_DAMAGED`; then nothing has changed. */
export async function restore(options: RestoreOptions): Promise<Restored> {
  const { file, directory, log } = options
  const backup = openBackup(file)
  try {
    openPrivateDirectory(directory, log)
    const lock = lockDirectory(directory)
    const beside = mkdtempSync(path.join(directory, 'restoring-'))
    try {
      requirePlace(options, backup.manifest)
      const key = path.join(beside, sealingKeyFileName)
      for (const { name } of backup.manifest.files) {
        if (name === databaseFileName || name === sealingKeyFileName) backup.extract(name, path.join(beside, name))
      }
      if (!existsSync(key)) copyFileSync(path.join(directory, sealingKeyFileName), key)
      const logSize = await openNewEpoch(beside, options, backup.manifest)
      return { manifest: backup.manifest, logSize, replaced: changePlaces(beside, options) }
    } finally {
      rmSync(beside, { recursive: true, force: true })
      lock.release()
    }
  } finally {
    backup.close()
  }
}

const databaseFiles = [databaseFileName, `${databaseFileName}-wal`, `${databaseFileName}-shm`]

function requirePlace({ directory, into }: RestoreOptions, { files }: BackupManifest): void {
  const hasKey = files.some(({ name }) => name === sealingKeyFileName)
  if (!hasKey && !existsSync(path.join(directory, sealingKeyFileName))) {
    throw refused(
      'the backup was made without the sealing key, and there is none in the data directory',
      `Put ${sealingKeyFileName} into ${directory} first.`,
    )
  }
  if (into === 'replace') return
  const ours = [lockFileName, ...(hasKey ? [] : [sealingKeyFileName])]
  const others = readdirSync(directory).filter(name => !ours.includes(name) && !name.startsWith('restoring-'))
  if (others.length === 0) return
  throw refused(
    `the directory ${directory} is not empty: it holds ${others.slice(0, 5).join(', ')}`,
    'Name an empty directory, or put what is there aside with --force.',
  )
}

/** In the copy. Returns how many entries the log had. */
async function openNewEpoch(beside: string, options: RestoreOptions, manifest: BackupManifest): Promise<number> {
  const { clock, log } = options
  const database = openDatabase({ directory: beside, migrations: options.migrations, log })
  try {
    const store = sqliteCaStore(database)
    const size = store.logSize()
    const rootHash = rootAt(store.logNode, size).toString('hex')
    requireFittingKey(beside, store.secret(logKeyName))
    const atMs = clock.now()
    const epoch = nextEpoch(atMs, store.logEpochs().at(-1)?.epoch ?? 0)
    const reason = reasonOfRestore(manifest.createdAt)
    const details = { epoch, reason, backupCreatedAt: manifest.createdAt, entries: size, rootHash }
    await store.appendToLog({ kind: 'restore', atMs, details }, epochStatements(epoch, atMs, reason))
    return size
  } finally {
    await database.close()
  }
}

/** Before anything changes places: a database whose keys nobody can open is of no use. */
function requireFittingKey(beside: string, sealed: Buffer | undefined): void {
  const sealer = openSecretSealer(beside, 'existing')
  try {
    if (sealed !== undefined) sealer.open(logKeyName, sealed)
  } catch (cause) {
    throw new MeshwrightError('RESTORE_REFUSED', {
      message: `the ${sealingKeyFileName} does not open the keys in the backup`,
      remedy: 'Use the sealing key of the daemon that the backup was made of.',
      cause,
    })
  }
}

function changePlaces(beside: string, { directory, into, clock }: RestoreOptions): string | undefined {
  const names = [...databaseFiles, sealingKeyFileName]
  const there = names.filter(name => existsSync(path.join(directory, name)))
  const isReplaced = into === 'replace' && there.length > 0
  const aside = path.join(directory, `replaced-${new Date(clock.now()).toISOString().replaceAll(/[:.]/g, '-')}`)
  if (isReplaced) {
    mkdirSync(aside, { mode: 0o700 })
    for (const name of there) renameSync(path.join(directory, name), path.join(aside, name))
  }
  for (const name of names) {
    if (existsSync(path.join(beside, name))) renameSync(path.join(beside, name), path.join(directory, name))
  }
  syncDirectory(directory)
  return isReplaced ? aside : undefined
}

function refused(message: string, remedy: string): MeshwrightError {
  return new MeshwrightError('RESTORE_REFUSED', { message, remedy })
}
