/** Run as a process of its own: opens the database in the directory given and keeps it until it is killed. */

import { silentLog } from '../../log.ts'
import { openDatabase } from '../database.ts'

const [directory = ''] = process.argv.slice(2)
const database = openDatabase({
  directory,
  migrations: [{ version: 1, name: 'notes', sql: 'CREATE TABLE note (text TEXT NOT NULL) STRICT' }],
  log: silentLog,
})
await database.write([{ sql: 'INSERT INTO note VALUES (?)', parameters: ['written before the kill'] }])
process.stdout.write('held\n')
setInterval(() => undefined, 1000)
