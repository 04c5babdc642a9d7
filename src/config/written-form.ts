/**
 * What the author of a file's object wrote, beside the normalised object that the mesh works with: with the fields that
 * the mesh passes over. Kept as text, as long as the object lives, once somebody has asked for it.
 */

import { jsonText } from './plain-json.ts'
import type { TreeNode } from './tree.ts'

const written = new WeakMap<object, TreeNode | string>()

export function rememberWritten(object: object, node: TreeNode): void {
  written.set(object, node)
}

/** JSON; undefined for objects that were not read from a file. */
export function writtenForm(object: object): string | undefined {
  const known = written.get(object)
  if (known === undefined || typeof known === 'string') return known
  const text = jsonText(known)
  written.set(object, text)
  return text
}
