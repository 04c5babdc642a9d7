/** The keys of identity providers in the daemon's database. */

import type { Database } from '../../platform/database/database.ts'
import type { IdentityProviderRecords } from './identity-provider-records.ts'

export function sqliteIdentityProviderRecords(database: Database): IdentityProviderRecords {
  return {
    providerKeys(issuer) {
      const row = database.get('SELECT * FROM identity_provider_keys WHERE issuer = ?', [issuer])
      if (row === undefined) return undefined
      return { issuer, keySet: String(row.key_set), fetchedAtMs: Number(row.fetched_at_ms) }
    },
    saveProviderKeys: ({ issuer, keySet, fetchedAtMs }) =>
      database.write([
        {
          sql: 'INSERT OR REPLACE INTO identity_provider_keys (issuer, key_set, fetched_at_ms) VALUES (?, ?, ?)',
          parameters: [issuer, keySet, fetchedAtMs],
        },
      ]),
  }
}
