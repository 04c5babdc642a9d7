/**
 * Between nodes of a text and plain JSON. Objects that come as JSON are read by the same readers as files, over nodes that
 * have no place in a text; objects of files are kept as JSON as their authors wrote them.
 */

import { type TreeNode, type TreePair, writtenText } from './tree.ts'
import { deepestNesting } from './yaml-documents.ts'

/** `undefined` when the value is nested too deeply to be read. */
export function nodeFromJson(value: unknown, depth = 0): TreeNode | undefined {
  if (depth > deepestNesting) return undefined
  if (Array.isArray(value)) {
    const items: TreeNode[] = []
    for (const item of value) {
      const node = nodeFromJson(item, depth + 1)
      if (node === undefined) return undefined
      items.push(node)
    }
    return { kind: 'list', items, offset: 0, end: 0 }
  }
  // Sound: what JSON has besides lists and objects.
  if (typeof value !== 'object' || value === null) return scalarNode(value as string)
  const items: TreePair[] = []
  for (const [key, item] of Object.entries(value)) {
    // As JSON has it: a field that is not there.
    if (item === undefined) continue
    const node = nodeFromJson(item, depth + 1)
    if (node === undefined) return undefined
    items.push({ key: scalarNode(key), value: node })
  }
  return { kind: 'mapping', items, offset: 0, end: 0 }
}

const scalarNode = (value: string): TreeNode => ({
  kind: 'scalar',
  value,
  offset: 0,
  source: undefined,
  style: undefined,
})

/** An object of a file in the form that its author gave it. */
export const jsonText = (node: TreeNode): string => JSON.stringify(jsonFromNode(node))

/** Keys that are collections have no name in JSON, and are passed over. */
export function jsonFromNode(node: TreeNode): unknown {
  if (node.kind === 'scalar') return node.value
  if (node.kind === 'list') return node.items.map(jsonFromNode)
  return Object.fromEntries(
    node.items.flatMap(({ key, value }) => (key.kind === 'scalar' ? [[writtenText(key), jsonFromNode(value)]] : [])),
  )
}
