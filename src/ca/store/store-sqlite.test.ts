import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { openDatabase } from '../../platform/database/database.ts'
import { silentLog } from '../../platform/log.ts'
import { caMigrations } from '../testing/schema.ts'
import { storeSuite } from '../testing/store-suite.ts'
import { sqliteCaStore } from './store-sqlite.ts'

storeSuite('SQLite', async () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'meshwright-store-'))
  const open = () => openDatabase({ directory, migrations: caMigrations, log: silentLog })
  let database = open()
  return {
    store: sqliteCaStore(database),
    async reopen() {
      await database.close()
      database = open()
      return sqliteCaStore(database)
    },
    async close() {
      await database.close()
      rmSync(directory, { recursive: true })
    },
  }
})
