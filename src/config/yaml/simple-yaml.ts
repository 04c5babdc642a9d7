/**
 * The YAML that people and tools write, in one pass: block and flow collections, all forms of scalars, comments, several
 * documents. What it takes, the library takes with the same result (`simple-yaml.test.ts`); of all else, faults among it,
 * it says nothing, and the library decides: anchors, tags, directives, `?`, tabs, duplicate keys, odd indentation.
 */

import type { ScalarNode, TreeNode, TreePair } from '../tree.ts'
import { readBlockScalar } from './block-scalar.ts'
import { deepestSimple, isFlowStart, isQuote, readFlow } from './flow.ts'
import { longestKey, Names } from './names.ts'
import { readPlainLine, readPlainRest, readQuoted } from './scalars.ts'
import { colon, dash, notSimple, Scan } from './scan.ts'

/** The roots of the documents that hold something; undefined when the text is not simple. Cost: the text. */
export function readSimpleYaml(text: string): readonly TreeNode[] | undefined {
  const plain = text.includes('\r') ? withoutReturns(text) : text
  if (plain === undefined || unusual.test(plain)) return undefined
  try {
    return readDocuments(new Scan(plain, text))
  } catch (thrown) {
    if (thrown === notSimple) return undefined
    throw thrown
  }
}

/** Control characters, some of which the library uses itself, and byte order marks. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are looked for.
const unusual = /[\0-\x08\x0b-\x1f\x7f\ufeff]/

/** A space before the line's end says as little as a return, except in what may be a block scalar. Offsets stay. */
function withoutReturns(text: string): string | undefined {
  // What follows the hash is not looked at: of many on one line each would be followed to the end.
  return /[|>][-+0-9]*[ \t]*(?:#|\r?\n)/.test(text) ? undefined : text.replaceAll('\r\n', ' \n')
}

function readDocuments(scan: Scan): readonly TreeNode[] {
  const roots: TreeNode[] = []
  scan.toContent()
  for (;;) {
    if (scan.isAtMarker) {
      scan.at += 3
      scan.finishLine()
      scan.toContent()
      continue
    }
    if (scan.isAtEnd) return roots
    const root = readBlock(scan, -1, 0)
    if (root.kind === 'scalar' || scan.indent >= 0) scan.refuse()
    roots.push(root)
  }
}

/** At the first character of a line of content. Leaves the scan at the next line of content that is not of it. */
function readBlock(scan: Scan, parent: number, depth: number): TreeNode {
  if (scan.isIndicator(dash)) return readSequence(scan, scan.indent, depth)
  if (isFlowStart(scan.code)) return readInline(scan, parent, depth)
  return readScalarOrMapping(scan, { column: scan.indent, parent }, depth)
}

/** A scalar, or, where a colon follows it, the mapping whose first key it is. */
function readScalarOrMapping(
  scan: Scan,
  { column, parent }: { readonly column: number; readonly parent: number },
  depth: number,
): TreeNode {
  const start = scan.at
  const isQuoted = isQuote(scan.code)
  const scalar = isQuoted ? readQuoted(scan, parent) : readPlainLine(scan, 'block')
  const { at } = scan
  scan.skipSpaces()
  if (scan.isIndicator(colon)) {
    scan.at = start
    return readMapping(scan, column, depth)
  }
  scan.at = at
  const whole = isQuoted ? scalar : readPlainRest(scan, scalar, parent)
  scan.finishLine()
  scan.toContent()
  return whole
}

function readMapping(scan: Scan, column: number, depth: number): TreeNode {
  if (depth > deepestSimple) scan.refuse()
  const offset = scan.at
  const items: TreePair[] = []
  const names = new Names()
  do {
    const key = readKey(scan)
    if (!names.add(key)) scan.refuse()
    items.push({ key, value: readMappingValue(scan, column, depth) })
    if (scan.indent > column) scan.refuse()
  } while (scan.indent === column)
  return { kind: 'mapping', items, offset, end: scan.end }
}

/** Behind the colon and the spaces after it. */
function readKey(scan: Scan): ScalarNode {
  const start = scan.at
  const isQuoted = isQuote(scan.code)
  const key = isQuoted ? readQuoted(scan, 0) : readPlainLine(scan, 'block')
  if (scan.at - start > longestKey || (isQuoted && scan.text.slice(start, scan.at).includes('\n'))) scan.refuse()
  scan.skipSpaces()
  if (!scan.isIndicator(colon)) scan.refuse()
  scan.at++
  scan.end = scan.at
  scan.skipSpaces()
  return key
}

function readMappingValue(scan: Scan, column: number, depth: number): TreeNode {
  if (!scan.isAtLineEnd) return readInline(scan, column, depth)
  const { emptyOffset } = scan
  scan.finishLine()
  scan.toContent()
  if (scan.indent > column) return readBlock(scan, column, depth + 1)
  // A list may stand as far to the left as the key that it is the value of.
  if (scan.indent === column && scan.isIndicator(dash)) return readSequence(scan, column, depth + 1)
  return nothingAt(emptyOffset)
}

const nothingAt = (offset: number): ScalarNode => ({
  kind: 'scalar',
  value: null,
  offset,
  source: '',
  style: undefined,
})

function readSequence(scan: Scan, column: number, depth: number): TreeNode {
  if (depth > deepestSimple) scan.refuse()
  const offset = scan.at
  const items: TreeNode[] = []
  do {
    const dashAt = scan.at++
    scan.end = scan.at
    scan.skipSpaces()
    items.push(readItem(scan, { column, inner: column + scan.at - dashAt }, depth))
    if (scan.indent > column) scan.refuse()
  } while (scan.indent === column && scan.isIndicator(dash))
  return { kind: 'list', items, offset, end: scan.end }
}

/** `inner`: the column of what follows the dash on its line. */
function readItem(
  scan: Scan,
  { column, inner }: { readonly column: number; readonly inner: number },
  depth: number,
): TreeNode {
  if (scan.isAtLineEnd) {
    const { emptyOffset } = scan
    scan.finishLine()
    scan.toContent()
    return scan.indent > column ? readBlock(scan, column, depth + 1) : nothingAt(emptyOffset)
  }
  if (scan.isIndicator(dash)) return readSequence(scan, inner, depth + 1)
  const isBlockScalar = scan.text[scan.at] === '|' || scan.text[scan.at] === '>'
  if (isBlockScalar || isFlowStart(scan.code)) return readInline(scan, column, depth)
  return readScalarOrMapping(scan, { column: inner, parent: column }, depth + 1)
}

/** A value that begins on the line of its key or dash, and is no block collection. */
function readInline(scan: Scan, parent: number, depth: number): TreeNode {
  const { code } = scan
  const first = scan.text[scan.at]
  if (first === '|' || first === '>') {
    const scalar = readBlockScalar(scan, parent)
    scan.toContent()
    return scalar
  }
  let value: TreeNode
  if (isFlowStart(code)) value = readFlow(scan, { parent, depth: depth + 1, level: 0 })
  else if (isQuote(code)) value = readQuoted(scan, parent)
  else value = readPlainRest(scan, readPlainLine(scan, 'block'), parent)
  // After a plain scalar a colon can only be that of a key.
  scan.finishLine()
  scan.toContent()
  return value
}
