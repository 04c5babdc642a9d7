/**
 * Text of a caller to a JSON value. What `JSON.parse` is silent about is refused: a member twice in one object, of which
 * one would win without a word, nesting that later stages would recurse into, and names that are special in JavaScript.
 */

import type { TreeNode } from '../config/tree.ts'
import { readYaml } from '../config/yaml-documents.ts'
import { MeshwrightError } from '../platform/errors.ts'

const deepestNesting = 64

/** Throws `REQUEST_INVALID`. Cost: the text, in one pass beside `JSON.parse`. */
export function parseJsonText(text: string): unknown {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw invalid(`the body is not JSON: ${(cause as Error).message}`)
  }
  scan(text)
  return value
}

/** One document. Throws `REQUEST_INVALID`. */
export function parseYamlText(text: string): unknown {
  const { roots, problems } = readYaml(text, 'request')
  const [problem] = problems
  if (problem !== undefined) {
    throw invalid(`the body is not YAML that is taken here: line ${problem.line}: ${problem.reason}`)
  }
  const [root, ...more] = roots
  if (root === undefined || more.length > 0) throw invalid('the body is not exactly one YAML document')
  return nodeValue(root)
}

/** Walks over a text that is known to be JSON, keeping the names of the objects that are open. */
function scan(text: string): void {
  const open: (Set<string> | undefined)[] = []
  let isName = false
  for (let at = 0; at < text.length; at++) {
    const character = text[at]
    if (character === '"') {
      const end = endOfString(text, at)
      if (isName) {
        addName(open.at(-1), text.slice(at, end + 1))
        isName = false
      }
      at = end
    } else if (character === '{' || character === '[') {
      open.push(character === '{' ? new Set() : undefined)
      if (open.length > deepestNesting) throw invalid(`the body is nested deeper than ${deepestNesting} levels`)
      isName = character === '{'
    } else if (character === '}' || character === ']') {
      open.pop()
      isName = false
    } else if (character === ',') {
      isName = open.at(-1) !== undefined
    }
  }
}

function endOfString(text: string, from: number): number {
  let at = from + 1
  while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1
  return at
}

function addName(names: Set<string> | undefined, quoted: string): void {
  const name = quoted.includes('\\') ? (JSON.parse(quoted) as string) : quoted.slice(1, -1)
  if (name === '__proto__') throw invalid('the body has a member __proto__')
  if (names?.has(name) === true) throw invalid(twice(name))
  names?.add(name)
}

/** `readYaml` has refused aliases, duplicate keys and deep nesting. */
function nodeValue(node: TreeNode): unknown {
  if (node.kind === 'scalar') return node.value
  if (node.kind === 'list') return node.items.map(nodeValue)
  const members = new Map<string, unknown>()
  for (const { key, value } of node.items) {
    if (key.kind !== 'scalar') throw invalid('the body has a key that is a list or a mapping')
    const name = String(key.value)
    if (name === '__proto__') throw invalid('the body has a member __proto__')
    // `1` and `"1"` are two keys of YAML and one of JSON.
    if (members.has(name)) throw invalid(twice(name))
    members.set(name, nodeValue(value))
  }
  return Object.fromEntries(members)
}

const twice = (name: string): string => `the body has the member ${JSON.stringify(name)} twice in one object`

const invalid = (message: string): MeshwrightError => new MeshwrightError('REQUEST_INVALID', { message })
