/** A document of a file that says which object it is, and was refused. */

import type { KindName } from '../object.ts'

export interface RefusedObject {
  readonly kind: KindName
  readonly namespace: string
  readonly name: string
  /** As its author wrote it, as JSON. */
  readonly text: string
  readonly file: string
  /** 1-based place of the document's first character. */
  readonly line: number
  readonly column: number
}
