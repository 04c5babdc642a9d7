/** The authority's tables in a database of their own: without the steps of others, so in numbers of its own. */

import type { Migration } from '../../platform/database/database.ts'
import { caMigrations as stepsOfMany } from '../schema.ts'

export const caMigrations: readonly Migration[] = stepsOfMany.map((step, i) => ({ ...step, version: i + 1 }))
