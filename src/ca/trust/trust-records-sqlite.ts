/** The trust in the daemon's database. */

import type { Database } from '../../platform/database/database.ts'
import type { TrustRecords } from './trust-records.ts'
import type { TrustContent } from './trust-state.ts'

export function sqliteTrustRecords(database: Database): TrustRecords {
  return {
    trust() {
      const row = database.get('SELECT generation, content FROM trust')
      if (row === undefined) return undefined
      // Written only below, from the same type.
      const content = JSON.parse(String(row.content)) as TrustContent
      return { ...content, generation: Number(row.generation) }
    },
    saveTrust: ({ generation, ...content }) =>
      database.write([
        {
          sql: 'INSERT OR REPLACE INTO trust (id, generation, content) VALUES (1, ?, ?)',
          parameters: [generation, JSON.stringify(content)],
        },
      ]),
  }
}
