/**
 * Whether RE2, which Envoy uses, would take a regular expression. A scanner in one pass over its syntax: user regexes are
 * never compiled here, because V8 backtracks and takes other syntax. https://github.com/google/re2/wiki/Syntax
 */

/** Undefined when the expression is well formed, else what is wrong with it. Linear in the text. */
export function regexFault(pattern: string): string | undefined {
  /** Of the groups around, and of what stands in the innermost one: how often its most repeated part may come. */
  const around: number[] = []
  let inside = 1
  /** The same of what a repetition would repeat. */
  let last = 1
  /** Whether a repetition may stand here. */
  let repeatable = false
  for (let at = 0; at < pattern.length; ) {
    const character = pattern[at] ?? ''
    if (character === '\\') {
      const length = escapeLength(pattern, at)
      if (typeof length === 'string') return length
      at += length
      last = 1
      repeatable = true
    } else if (character === '[') {
      const end = classEnd(pattern, at)
      if (typeof end === 'string') return end
      at = end
      last = 1
      repeatable = true
    } else if (character === '(') {
      const length = groupOpenLength(pattern, at)
      if (typeof length === 'string') return length
      if (length.opens) {
        around.push(inside)
        inside = 1
      }
      if (around.length > deepest) return `groups are nested deeper than ${deepest}`
      at += length.skip
      repeatable = false
    } else if (character === ')') {
      const outside = around.pop()
      if (outside === undefined) return "has a ')' without '('"
      last = inside
      inside = Math.max(outside, inside)
      at++
      repeatable = true
    } else if (character === '*' || character === '+' || character === '?' || isCount(pattern, at)) {
      const repetition = repetitionAt(pattern, at)
      if (typeof repetition === 'string') return repetition
      const { length, times } = repetition
      if (!repeatable) return `repeats nothing at '${pattern.slice(at, at + length)}'`
      last *= times
      if (last > largestCount)
        return `repeats ${last} times, counts inside counts, at '${pattern.slice(at, at + length)}'`
      inside = Math.max(inside, last)
      at += length
      repeatable = false
    } else {
      at++
      last = 1
      repeatable = character !== '|'
    }
  }
  return around.length > 0 ? "has a '(' without ')'" : undefined
}

const deepest = 200
/** RE2's limit for counted repetition, also for the product of counts that are nested. */
const largestCount = 1000

const classLetters = 'dDsSwWpPC'
const anchorLetters = 'AbBz'
const controlLetters = 'afnrtv'

function escapeLength(pattern: string, at: number): number | string {
  const letter = pattern[at + 1]
  if (letter === undefined) return "ends in a lone '\\'"
  if (letter === 'Q') {
    const end = pattern.indexOf('\\E', at + 2)
    return end < 0 ? pattern.length - at : end + 2 - at
  }
  if (letter === 'p' || letter === 'P') {
    const name = /^\\[pP](?:[A-Z]|\{\^?[A-Za-z_]{1,32}\})/.exec(pattern.slice(at, at + 40))
    return name === null ? `has an incomplete class at '\\${letter}'` : name[0].length
  }
  if (letter === 'x') {
    const hex = /^\\x(?:[0-9A-Fa-f]{2}|\{[0-9A-Fa-f]{1,6}\})/.exec(pattern.slice(at, at + 12))
    return hex === null ? "has an incomplete '\\x'" : hex[0].length
  }
  if (letter >= '1' && letter <= '9') return `refers back with '\\${letter}', which RE2 cannot`
  if (/[A-Za-z]/.test(letter) && !`${classLetters}${anchorLetters}${controlLetters}`.includes(letter)) {
    return `has the unknown escape '\\${letter}'`
  }
  return 2
}

function classEnd(pattern: string, from: number): number | string {
  let at = from + 1
  if (pattern[at] === '^') at++
  // A bracket that comes first is an ordinary character.
  if (pattern[at] === ']') at++
  let lower: string | undefined
  while (at < pattern.length) {
    const character = pattern[at] ?? ''
    if (character === ']') return at + 1
    if (pattern.startsWith('[:', at)) {
      const end = pattern.indexOf(':]', at + 2)
      if (end > 0) {
        if (
          !/^\^?(?:alnum|alpha|ascii|blank|cntrl|digit|graph|lower|print|punct|space|upper|word|xdigit)$/.test(
            pattern.slice(at + 2, end),
          )
        ) {
          return `has the unknown class '${pattern.slice(at, end + 2)}'`
        }
        at = end + 2
        lower = undefined
        continue
      }
    }
    if (character === '\\') {
      const length = escapeLength(pattern, at)
      if (typeof length === 'string') return length
      at += length
      lower = undefined
      continue
    }
    if (character === '-' && lower !== undefined && pattern[at + 1] !== ']' && pattern[at + 1] !== '\\') {
      const upper = pattern[at + 1]
      if (upper !== undefined && upper < lower) return `has the range '${lower}-${upper}', which is the wrong way round`
      at += 2
      lower = undefined
      continue
    }
    lower = character
    at++
  }
  return "has a '[' without ']'"
}

function groupOpenLength(pattern: string, at: number): { readonly skip: number; readonly opens: boolean } | string {
  if (pattern[at + 1] !== '?') return { skip: 1, opens: true }
  const head = pattern.slice(at, at + 80)
  const named = /^\(\?P?<([A-Za-z_][A-Za-z0-9_]*)>/.exec(head)
  if (named !== null) return { skip: named[0].length, opens: true }
  const flags = /^\(\?[imsU]*(?:-[imsU]+)?([:)])/.exec(head)
  if (flags !== null) return { skip: flags[0].length, opens: flags[1] === ':' }
  if (/^\(\?<?[=!]/.test(head)) return `looks around with '${head.slice(0, head[2] === '<' ? 4 : 3)}', which RE2 cannot`
  return `has the unknown group '${head.slice(0, 4)}'`
}

const count = /^\{(\d+)(?:,(\d*))?\}/

const isCount = (pattern: string, at: number): boolean => pattern[at] === '{' && count.test(pattern.slice(at, at + 24))

interface Repetition {
  /** In the pattern. */
  readonly length: number
  /** As RE2 counts it: of an open end the beginning, and at least 1. */
  readonly times: number
}

function repetitionAt(pattern: string, at: number): Repetition | string {
  let length = 1
  let times = 1
  if (pattern[at] === '{') {
    const [whole = '', lowest = '', highest] = count.exec(pattern.slice(at, at + 24)) ?? []
    const least = Number(lowest)
    const most = highest === undefined || highest === '' ? least : Number(highest)
    if (least > largestCount || most > largestCount) return `repeats more than ${largestCount} times at '${whole}'`
    if (most < least) return `has the count '${whole}', which is the wrong way round`
    length = whole.length
    times = Math.max(1, most)
  }
  return { length: pattern[at + length] === '?' ? length + 1 : length, times }
}
