/**
 * Between nodes of a YAML document and plain JSON. Objects that come as JSON are read by the same readers as files, over
 * nodes that have no place in a text; objects of files are kept as JSON as their authors wrote them.
 */

import { isMap, isScalar, isSeq, type Node, Pair, Scalar, YAMLMap, YAMLSeq } from 'yaml'
import { deepestNesting } from './yaml-documents.ts'

/** `undefined` when the value is nested too deeply to be read. Cost: some 0.1 µs a value. */
export function nodeFromJson(value: unknown, depth = 0): Node | undefined {
  if (depth > deepestNesting) return undefined
  if (Array.isArray(value)) {
    const list = new YAMLSeq()
    for (const item of value) {
      const node = nodeFromJson(item, depth + 1)
      if (node === undefined) return undefined
      list.items.push(node)
    }
    return list
  }
  if (typeof value !== 'object' || value === null) return new Scalar(value)
  const mapping = new YAMLMap()
  for (const [key, item] of Object.entries(value)) {
    // As JSON has it: a field that is not there.
    if (item === undefined) continue
    const node = nodeFromJson(item, depth + 1)
    if (node === undefined) return undefined
    mapping.items.push(new Pair(new Scalar(key), node))
  }
  return mapping
}

/** Of a node without aliases, as the YAML reader gives them. */
export function jsonFromNode(node: unknown): unknown {
  if (isScalar(node)) return node.value
  if (isSeq(node)) return node.items.map(jsonFromNode)
  if (!isMap(node)) return null
  return Object.fromEntries(node.items.map(({ key, value }) => [keyText(key), jsonFromNode(value)]))
}

const keyText = (key: unknown): string => (isScalar(key) ? (key.source ?? String(key.value)) : String(key))
