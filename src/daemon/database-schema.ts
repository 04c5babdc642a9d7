/** The schema of the daemon's whole database: the steps of all who keep something in it. */

import { caMigrations } from '../ca/schema.ts'
import { configMigrations } from '../config/store/schema.ts'
import type { Migration } from '../platform/database/database.ts'

export const databaseMigrations: readonly Migration[] = [...caMigrations, ...configMigrations]
