/** Where the trust lies on disk: one record, replaced as a whole. */

import type { TrustState } from './trust-state.ts'

export interface TrustRecords {
  /** Undefined before the first start. */
  trust(): TrustState | undefined
  saveTrust(state: TrustState): Promise<void>
}
