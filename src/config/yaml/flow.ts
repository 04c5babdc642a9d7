/** Collections in brackets, as in JSON, on one line or several. */

import type { ScalarNode, TreeNode, TreePair } from '../tree.ts'
import { longestKey, Names } from './names.ts'
import { readPlainLine, readQuoted } from './scalars.ts'
import {
  apostrophe,
  colon,
  comma,
  hash,
  lineFeed,
  listEnd,
  listStart,
  mappingEnd,
  mappingStart,
  quote,
  type Scan,
} from './scan.ts'

export interface FlowPlace {
  /** The indentation of the collection in blocks around. */
  readonly parent: number
  /** How many collections are around. */
  readonly depth: number
  /** How many of them are in brackets. */
  readonly level: number
}

/** More is left to the reader that counts exactly. */
export const deepestSimple = 40

export function readFlow(scan: Scan, place: FlowPlace): TreeNode {
  if (place.depth > deepestSimple) scan.refuse()
  return scan.code === listStart ? readFlowList(scan, place) : readFlowMapping(scan, place)
}

const inside = ({ parent, depth, level }: FlowPlace): FlowPlace => ({ parent, depth: depth + 1, level: level + 1 })

function readFlowList(scan: Scan, place: FlowPlace): TreeNode {
  const offset = scan.at++
  const items: TreeNode[] = []
  const within = inside(place)
  skipGap(scan, place)
  while (scan.code !== listEnd) {
    items.push(readFlowValue(scan, within))
    endItem(scan, place, listEnd)
  }
  scan.at++
  scan.end = scan.at
  return { kind: 'list', items, offset, end: scan.at }
}

function readFlowMapping(scan: Scan, place: FlowPlace): TreeNode {
  const offset = scan.at++
  const items: TreePair[] = []
  const names = new Names()
  const within = inside(place)
  skipGap(scan, place)
  while (scan.code !== mappingEnd) {
    const key = readFlowKey(scan)
    if (!names.add(key)) scan.refuse()
    skipGap(scan, place)
    const value = readFlowValue(scan, within)
    items.push({ key, value })
    endItem(scan, place, mappingEnd)
  }
  scan.at++
  scan.end = scan.at
  return { kind: 'mapping', items, offset, end: scan.at }
}

/** Behind the colon. */
function readFlowKey(scan: Scan): ScalarNode {
  const isQuoted = scan.code === quote || scan.code === apostrophe
  const start = scan.at
  const key = isQuoted ? readQuoted(scan, 0) : readPlainLine(scan, 'flow')
  if (scan.at - start > longestKey || (isQuoted && scan.text.slice(start, scan.at).includes('\n'))) scan.refuse()
  scan.skipSpaces()
  if (scan.code !== colon || (!isQuoted && !scan.isEmptyAt(scan.at + 1))) scan.refuse()
  scan.at++
  return key
}

function readFlowValue(scan: Scan, place: FlowPlace): TreeNode {
  const { code } = scan
  if (code === listStart || code === mappingStart) return readFlow(scan, place)
  if (code === quote || code === apostrophe) return readQuoted(scan, place.parent)
  return readPlainLine(scan, 'flow')
}

function endItem(scan: Scan, place: FlowPlace, closing: number): void {
  skipGap(scan, place)
  if (scan.code === comma) {
    scan.at++
    skipGap(scan, place)
  } else if (scan.code !== closing) scan.refuse()
}

/** Over spaces, line ends and comments, to where lines may begin. */
function skipGap(scan: Scan, { parent, level }: FlowPlace): void {
  for (;;) {
    scan.skipSpaces()
    if (scan.code === hash && scan.isAtLineEnd) scan.at = lineEndAt(scan)
    if (scan.code !== lineFeed) return
    const start = ++scan.at
    scan.skipSpaces()
    const { code } = scan
    if (code === lineFeed || code === hash) continue
    const indent = scan.at - start
    const closes = (code === listEnd || code === mappingEnd) && level === 0 && indent === parent
    if (indent <= parent && !closes) scan.refuse()
    if (indent === 0 && /^(?:---|\.\.\.)/.test(scan.text.slice(scan.at, scan.at + 3))) scan.refuse()
  }
}

function lineEndAt(scan: Scan): number {
  const end = scan.text.indexOf('\n', scan.at)
  return end < 0 ? scan.text.length : end
}

export const isFlowStart = (code: number): boolean => code === listStart || code === mappingStart
export const isQuote = (code: number): boolean => code === quote || code === apostrophe
