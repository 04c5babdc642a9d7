/**
 * Between nodes of a YAML document and plain JSON. Objects that come as JSON are read by the same readers as files, over
 * nodes that have no place in a text; objects of files are kept as JSON as their authors wrote them.
 */

import { isMap, isScalar, isSeq, type Node, Pair, Scalar, YAMLMap, YAMLSeq } from 'yaml'
import { deepestNesting } from './yaml-documents.ts'

/** `undefined` when the value is nested too deeply to be read. */
export function nodeFromJson(value: unknown, depth = 0): Node | undefined {
  if (depth > deepestNesting) return undefined
  if (Array.isArray(value)) {
    const items: unknown[] = []
    for (const item of value) {
      const node = nodeFromJson(item, depth + 1)
      if (node === undefined) return undefined
      items.push(node)
    }
    return light<YAMLSeq>(listPrototype, 'items', items)
  }
  if (typeof value !== 'object' || value === null) return light<Scalar>(scalarPrototype, 'value', value)
  const items: unknown[] = []
  for (const [key, item] of Object.entries(value)) {
    // As JSON has it: a field that is not there.
    if (item === undefined) continue
    const node = nodeFromJson(item, depth + 1)
    if (node === undefined) return undefined
    const pair = light<Pair>(pairPrototype, 'key', light<Scalar>(scalarPrototype, 'value', key))
    pair.value = node
    items.push(pair)
  }
  return light<YAMLMap>(mappingPrototype, 'items', items)
}

// The library's constructors define what a node is as a hidden property of each, which took a third of the time of loading
// 10,000 objects (bench/config.ts). Here it stands once in a prototype.
const scalarPrototype = marked(new Scalar(null))
const listPrototype = marked(new YAMLSeq())
const mappingPrototype = marked(new YAMLMap())
const pairPrototype = marked(new Pair(null))

/** Everything of the sample but what a node of its own has. */
function marked(sample: object): object {
  const prototype: object = Object.create(Object.getPrototypeOf(sample))
  for (const symbol of Object.getOwnPropertySymbols(sample)) {
    const mark = Object.getOwnPropertyDescriptor(sample, symbol)
    if (mark !== undefined) Object.defineProperty(prototype, symbol, mark)
  }
  return prototype
}

/** Sound: with its first field set, and for pairs its value after it, the node has all that readers look at. */
function light<T extends object>(prototype: object, field: string, content: unknown): T {
  const node: Record<string, unknown> = Object.create(prototype)
  node[field] = content
  return node as T
}

/** Of a node without aliases, as the YAML reader gives them. */
export function jsonFromNode(node: unknown): unknown {
  if (isScalar(node)) return node.value
  if (isSeq(node)) return node.items.map(jsonFromNode)
  if (!isMap(node)) return null
  return Object.fromEntries(node.items.map(({ key, value }) => [keyText(key), jsonFromNode(value)]))
}

const keyText = (key: unknown): string => (isScalar(key) ? (key.source ?? String(key.value)) : String(key))
