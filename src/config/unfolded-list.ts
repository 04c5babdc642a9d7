/** A Kubernetes `List` is its items. */

import { isMap, isScalar, isSeq, type Node } from 'yaml'

/** The items of a `List`, or the node itself. */
export function unfolded(root: Node): readonly Node[] {
  if (!isMap(root)) return [root]
  const kind: unknown = root.get('kind', true)
  const items: unknown = root.get('items', true)
  return isScalar(kind) && kind.value === 'List' && isSeq(items) ? (items.items as Node[]) : [root]
}
