/** The keys of one mapping, of which none may come twice. */

import type { TreeNode } from '../tree.ts'

/** A longer key has to be written with `?`. */
export const longestKey = 1000

export class Names {
  private readonly few: unknown[] = []
  private many: Set<unknown> | undefined

  /** False when it was there before. A key that is a collection is never the same as another. */
  add(key: TreeNode): boolean {
    if (key.kind !== 'scalar') return true
    const { value } = key
    if (this.many !== undefined) {
      const before = this.many.size
      return this.many.add(value).size > before
    }
    if (this.few.includes(value)) return false
    this.few.push(value)
    // Measured: a set costs more than looking through so few (bench/validate.ts).
    if (this.few.length > 8) this.many = new Set(this.few)
    return true
  }
}
