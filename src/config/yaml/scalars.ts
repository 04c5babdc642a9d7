/** Scalars of simple YAML: plain and in quotes, on one line or folded over several. */

import type { ScalarNode } from '../tree.ts'
import { plainValue } from './core-schema.ts'
import { colon, dash, folded, hash, lineFeed, quote, type Scan, space, tab } from './scan.ts'

/** `parent`: the indentation of the collection around, which further lines must go beyond. */
export function readQuoted(scan: Scan, parent: number): ScalarNode {
  const offset = scan.at
  const end = closingQuote(scan)
  const body = scan.text.slice(offset + 1, end)
  scan.at = end + 1
  scan.end = scan.at
  const lines = body.includes('\n') ? body.split('\n') : undefined
  if (lines?.slice(1, -1).some(line => line.trim() !== '' && !continues(line, parent)) === true) scan.refuse()
  // The quote stands on the last line, however empty that is before it.
  if (lines !== undefined && !continues(`${lines.at(-1)}"`, parent)) scan.refuse()
  const isDouble = scan.text.charCodeAt(offset) === quote
  const value = isDouble ? unescaped(lines === undefined ? body : joined(lines, scan), scan) : undoubled(body, lines)
  return { kind: 'scalar', value, offset, source: undefined, style: undefined }
}

/** Whether a further line goes beyond the collection around. */
function continues(line: string, parent: number): boolean {
  const indent = line.search(/[^ ]/)
  return indent > parent && line[indent] !== '\t' && !/^(?:---|\.\.\.)/.test(line)
}

function closingQuote(scan: Scan): number {
  const { text } = scan
  const mark = text[scan.at] ?? ''
  let end = text.indexOf(mark, scan.at + 1)
  if (mark === "'") while (end >= 0 && text[end + 1] === "'") end = text.indexOf(mark, end + 2)
  else while (end >= 0 && isEscaped(text, end)) end = text.indexOf(mark, end + 1)
  return end < 0 ? scan.refuse() : end
}

function isEscaped(text: string, at: number): boolean {
  let first = at
  while (text[first - 1] === '\\') first--
  return (at - first) % 2 === 1
}

const undoubled = (body: string, lines: readonly string[] | undefined): string => {
  const value = lines === undefined ? body : folded(lines)
  return value.includes("'") ? value.replaceAll("''", "'") : value
}

/** A line that ends in a backslash goes on at the first character of the next one. */
function joined(lines: readonly string[], scan: Scan): string {
  const whole: string[] = []
  let open: string[] = []
  for (const line of lines) {
    if (/\\[ \t]+$/.test(line)) scan.refuse()
    if (open.length > 0 && line.trim() === '') scan.refuse()
    const part = open.length === 0 ? line : line.replace(/^[ \t]+/, '')
    if (isEscaped(line, line.length)) open.push(part.slice(0, -1))
    else {
      whole.push(open.join('') + part)
      open = []
    }
  }
  return whole.length === 1 ? (whole[0] ?? '') : folded(whole)
}

function unescaped(body: string, scan: Scan): string {
  if (!body.includes('\\')) return body
  return body.replaceAll(/\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([\s\S]))/g, (_whole, ...groups) => {
    const [x, u, long, letter] = groups as (string | undefined)[]
    const digits = x ?? u ?? long
    if (digits === undefined) return escapes.get(letter ?? '') ?? scan.refuse()
    const code = Number.parseInt(digits, 16)
    return code > 0x10_ffff ? scan.refuse() : String.fromCodePoint(code)
  })
}

// https://yaml.org/spec/1.2.2/#57-escaped-characters
const escapes: ReadonlyMap<string, string> = new Map([
  ['0', '\0'],
  ['a', '\x07'],
  ['b', '\b'],
  ['t', '\t'],
  ['\t', '\t'],
  ['n', '\n'],
  ['v', '\v'],
  ['f', '\f'],
  ['r', '\r'],
  ['e', '\x1b'],
  [' ', ' '],
  ['"', '"'],
  ['/', '/'],
  ['\\', '\\'],
  ['N', '\u0085'],
  ['_', '\u00a0'],
  ['L', '\u2028'],
  ['P', '\u2029'],
])

/** What cannot begin a plain scalar. */
const indicators: ReadonlySet<number> = new Set([...',[]{}#&*!|>\'"%@`'].map(letter => letter.charCodeAt(0)))
const flowIndicators: ReadonlySet<number> = new Set([...',[]{}'].map(letter => letter.charCodeAt(0)))
const questionMark = 0x3f

/** Of one line: the text up to a colon that ends a key, a comment, the line's end, or, within brackets, a bracket or comma. */
export function readPlainLine(scan: Scan, context: 'block' | 'flow'): ScalarNode {
  const { text, at: offset } = scan
  const first = text.charCodeAt(offset)
  if (indicators.has(first)) scan.refuse()
  if (first === dash || first === colon || first === questionMark) {
    if (scan.isEmptyAt(offset + 1)) scan.refuse()
    if (context === 'flow' && flowIndicators.has(text.charCodeAt(offset + 1))) scan.refuse()
  }
  const end = plainEnd(text, offset, context)
  if (end < 0) scan.refuse()
  scan.at = end
  scan.end = end
  return plainNode(scan, text.slice(offset, end), offset)
}

/** Behind the last character that is no space; -1 for a tab. */
function plainEnd(text: string, offset: number, context: 'block' | 'flow'): number {
  const inFlow = context === 'flow'
  let end = offset
  for (let at = offset; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === space) {
      if (text.charCodeAt(at + 1) === hash) break
      continue
    }
    if (code === lineFeed) break
    if (code === tab) return -1
    if (code === colon) {
      const next = text.charCodeAt(at + 1)
      if (next === space || next === lineFeed || at + 1 >= text.length) break
      if (next === tab) return -1
      if (inFlow && flowIndicators.has(next)) break
    } else if (inFlow && flowIndicators.has(code)) break
    end = at + 1
  }
  return end
}

/** The lines of a plain scalar after its first, whose end is at hand. */
export function readPlainRest(scan: Scan, first: ScalarNode, parent: number): ScalarNode {
  const { text } = scan
  const lines = [text.slice(first.offset, scan.at)]
  let { at } = scan
  for (;;) {
    while (text.charCodeAt(at) === space) at++
    if (text.charCodeAt(at) !== lineFeed) break
    const start = at + 1
    let content = start
    while (text.charCodeAt(content) === space) content++
    const code = text.charCodeAt(content)
    if (code === lineFeed) {
      lines.push('')
      at = content
      continue
    }
    if (content >= text.length || content - start <= parent || code === hash) break
    if (code === tab) scan.refuse()
    const end = plainEnd(text, content, 'block')
    if (end < 0 || text.charCodeAt(end) === colon) scan.refuse()
    lines.push(text.slice(content, end))
    at = end
    scan.at = end
  }
  while (lines.at(-1) === '') lines.pop()
  scan.end = scan.at
  return lines.length === 1 ? first : plainNode(scan, folded(lines), first.offset)
}

function plainNode(scan: Scan, source: string, offset: number): ScalarNode {
  const value = plainValue(source)
  if (value === undefined) return scan.refuse()
  return {
    kind: 'scalar',
    value,
    offset,
    source: typeof value === 'string' ? undefined : source,
    style: undefined,
  }
}
