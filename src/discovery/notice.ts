/** Something valid that does not do what its author may think: for status, logs and the management API. */

import type { KindName } from '../config/object.ts'

export interface Notice {
  readonly kind: KindName
  readonly namespace: string
  readonly name: string
  /** As the user writes it, for example `spec.hosts[0]`. */
  readonly field: string
  readonly reason: string
  readonly remedy: string
}
