/** One thing that is wrong between an object and others: it is told to the author, and refuses nothing. */

import type { ReferenceCode } from './reference-code.ts'

export interface Finding {
  readonly code: ReferenceCode
  /** As the user writes it, for example `spec.http[0].route[0].destination.host`. */
  readonly field: string
  readonly reason: string
  readonly remedy: string
}
