/** The transparency log on a database of its own, which can be tampered with while it is closed. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import Sqlite from 'better-sqlite3'
import { FakeClock } from '../../platform/clock.ts'
import { type Database, databaseFileName, openDatabase } from '../../platform/database/database.ts'
import { silentLog } from '../../platform/log.ts'
import { createTransparencyLog, type OwnedTransparencyLog } from '../log/create-transparency-log.ts'
import { openSecretSealer } from '../sealed-secrets.ts'
import type { LogSettings } from '../settings/log.ts'
import type { CaStore, Issuance } from '../store/store.ts'
import { sqliteCaStore } from '../store/store-sqlite.ts'
import { caMigrations } from './schema.ts'

export interface LogRig {
  readonly directory: string
  readonly clock: FakeClock
  readonly store: CaStore
  readonly log: OwnedTransparencyLog
  /** Records this many certificates more. */
  issue(count: number): Promise<void>
  /** Closes, lets `change` work on the file by hand, the triggers out of its way, and opens again. */
  restart(change?: (handle: Sqlite.Database) => void): Promise<void>
  close(): Promise<void>
}

export async function startLogRig(settings: { readonly log?: LogSettings } = {}): Promise<LogRig> {
  const directory = mkdtempSync(path.join(tmpdir(), 'meshwright-log-'))
  const clock = new FakeClock()
  let database: Database
  let store: CaStore
  let log: OwnedTransparencyLog
  let issued = 0
  const open = async (): Promise<void> => {
    database = openDatabase({ directory, migrations: caMigrations, log: silentLog })
    store = sqliteCaStore(database)
    log = createTransparencyLog({ store, directory, clock, log: silentLog, trustDomain: 'td', settings })
    try {
      await log.open(openSecretSealer(directory, store.logEpochs().length === 0 ? 'first-start' : 'existing'))
    } catch (thrown) {
      await database.close()
      rmSync(directory, { recursive: true })
      throw thrown
    }
  }
  const close = async (): Promise<void> => {
    log.stop()
    await database.close()
  }
  await open()
  return {
    directory,
    clock,
    get store() {
      return store
    },
    get log() {
      return log
    },
    async issue(count) {
      const made = Array.from({ length: count }, () => {
        issued += 1
        return log.recordIssuance(issuanceNumber(issued), undefined)
      })
      await Promise.all(made)
    },
    async restart(change) {
      await close()
      if (change !== undefined) {
        const handle = new Sqlite(path.join(directory, databaseFileName))
        for (const name of handle.prepare("SELECT name FROM sqlite_schema WHERE type = 'trigger'").pluck().all()) {
          handle.exec(`DROP TRIGGER ${String(name)}`)
        }
        change(handle)
        handle.close()
      }
      await open()
    },
    async close() {
      await close()
      rmSync(directory, { recursive: true })
    },
  }
}

export function issuanceNumber(number: number): Issuance {
  return {
    serialNumber: number.toString(16).toUpperCase().padStart(32, '0'),
    identity: `spiffe://td/ns/photo/sa/web-${number % 10}`,
    issuedAtMs: 1_800_000_000_000 + number,
    notAfterMs: 1_800_086_400_000 + number,
    keyFingerprint: `key ${number % 100}`,
    digest: `digest ${number}`,
    issuerFingerprint: 'issuer',
    evidence: number % 3 === 0 ? 'client-certificate' : 'join-token',
    evidenceDetail: `evidence ${number}`,
    peerAddress: '192.0.2.1:4711',
  }
}
