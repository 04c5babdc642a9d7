/** A Kubernetes `List` is its items. */

import { memberOf, type TreeNode } from './tree.ts'

/** The items of a `List`, or the node itself. */
export function unfolded(root: TreeNode): readonly TreeNode[] {
  if (root.kind !== 'mapping') return [root]
  const kind = memberOf(root, 'kind')
  const items = memberOf(root, 'items')
  return kind?.kind === 'scalar' && kind.value === 'List' && items?.kind === 'list' ? items.items : [root]
}
