/** Block scalars of simple YAML: `|` and `>`, without an indentation indicator. https://yaml.org/spec/1.2.2/#81-block-scalar-styles */

import type { ScalarNode } from '../tree.ts'
import { type Scan, space } from './scan.ts'

type Chomping = '' | '-' | '+'

/** Leaves the scan at the beginning of the line after it. */
export function readBlockScalar(scan: Scan, parent: number): ScalarNode {
  const offset = scan.at
  const style = scan.text[offset] === '|' ? 'literal' : 'folded'
  const sign = scan.text[offset + 1]
  const chomping: Chomping = sign === '-' || sign === '+' ? sign : ''
  scan.at += 1 + chomping.length
  if (!scan.isEmptyAt(scan.at)) scan.refuse()
  scan.finishLine()
  const lines = blockLines(scan, parent)
  let last = lines.length
  while (last > 0 && isBlank(lines[last - 1] ?? '')) last--
  // Empty lines at the end that are longer than the indentation are content.
  if (lines.slice(last).some(line => line !== '')) scan.refuse()
  scan.end = scan.at
  const content = lines.slice(0, last)
  if (content.length === 0 && chomping === '+') scan.refuse()
  const body = style === 'literal' ? content.join('\n') : foldedBlock(content, scan)
  return {
    kind: 'scalar',
    value: content.length === 0 ? '' : body + lineEnds(chomping, lines.length - last),
    offset,
    source: undefined,
    style: style === 'literal' ? 'literal' : undefined,
  }
}

const isBlank = (line: string): boolean => /^ *$/.test(line)

const lineEnds = (chomping: Chomping, emptyLines: number): string =>
  chomping === '-' ? '' : chomping === '' ? '\n' : '\n'.repeat(1 + emptyLines)

/** The lines without their indentation, the empty ones at the end among them. */
function blockLines(scan: Scan, parent: number): readonly string[] {
  const { text } = scan
  const lines: string[] = []
  let indent = -1
  while (!scan.isAtEnd) {
    const start = scan.at
    let content = start
    while (text.charCodeAt(content) === space) content++
    const end = text.indexOf('\n', content)
    if (end < 0) scan.refuse()
    const depth = content - start
    if (content === end) {
      // Before the first line of content nothing says yet what is indentation.
      if (indent < 0 && depth > parent + 1) scan.refuse()
      lines.push(indent < 0 ? '' : text.slice(Math.min(start + indent, end), end))
    } else {
      if (text[content] === '\t') scan.refuse()
      if (indent < 0 && depth > parent) indent = depth
      if (indent < 0 || depth < indent) {
        if (depth > parent) scan.refuse()
        break
      }
      lines.push(text.slice(start + indent, end))
    }
    scan.at = end + 1
  }
  return lines
}

function foldedBlock(lines: readonly string[], scan: Scan): string {
  let value = ''
  let separator = ''
  for (const line of lines) {
    // Lines that are indented further keep their ends.
    if (line.startsWith(' ')) scan.refuse()
    if (line === '') {
      if (separator === '\n') value += '\n'
      else separator = '\n'
    } else {
      value += separator + line
      separator = ' '
    }
  }
  return value
}
