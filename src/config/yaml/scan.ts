/** A place in a text of simple YAML, and how it moves over lines, spaces and comments. */

/** What is thrown where the text is not simple: the library decides then. One object, since it is no fault. */
export const notSimple: unique symbol = Symbol('not simple YAML')

export const tab = 0x09
export const lineFeed = 0x0a
export const space = 0x20
export const quote = 0x22
export const hash = 0x23
export const apostrophe = 0x27
export const comma = 0x2c
export const dash = 0x2d
const dot = 0x2e
export const colon = 0x3a
export const listStart = 0x5b
export const listEnd = 0x5d
export const mappingStart = 0x7b
export const mappingEnd = 0x7d

export class Scan {
  readonly text: string
  private readonly original: string
  at = 0
  /** Of the line of content at which `toContent` stopped; -1: a marker of documents, or the end of the text. */
  indent = -1
  /** Behind the last value. */
  end = 0

  /** `text` is `original` with spaces for the returns of line ends. */
  constructor(text: string, original: string) {
    this.text = text
    this.original = original
  }

  /** Where a value would stand that is not there: behind the spaces, before the line's end. */
  get emptyOffset(): number {
    return this.original[this.at - 1] === '\r' ? this.at - 1 : this.at
  }

  refuse(): never {
    throw notSimple
  }

  get code(): number {
    return this.text.charCodeAt(this.at)
  }

  get isAtEnd(): boolean {
    return this.at >= this.text.length
  }

  /** `---`. */
  get isAtMarker(): boolean {
    return this.indent === -1 && !this.isAtEnd
  }

  /** Whether nothing but a space, a line's end or the text's end is at the offset. */
  isEmptyAt(at: number): boolean {
    const code = this.text.charCodeAt(at)
    return code === space || code === lineFeed || at >= this.text.length
  }

  isIndicator(code: number): boolean {
    return this.code === code && this.isEmptyAt(this.at + 1)
  }

  skipSpaces(): void {
    while (this.code === space) this.at++
  }

  /** Whether the rest of the line, whose spaces are skipped, is empty or a comment. */
  get isAtLineEnd(): boolean {
    if (this.code === hash) return this.at === 0 || this.isEmptyAt(this.at - 1)
    return this.code === lineFeed || this.isAtEnd
  }

  /** To the beginning of the next line; what is left of this one must say nothing. */
  finishLine(): void {
    this.skipSpaces()
    if (!this.isAtLineEnd) this.refuse()
    const end = this.text.indexOf('\n', this.at)
    this.at = end < 0 ? this.text.length : end + 1
  }

  /** From the beginning of a line to the first line that says something. */
  toContent(): void {
    for (;;) {
      const start = this.at
      this.skipSpaces()
      if (!this.isAtLineEnd) {
        this.indent = this.at - start
        if (this.indent === 0) this.lookForMarker()
        return
      }
      if (this.isAtEnd) break
      this.finishLine()
    }
    this.indent = -1
  }

  private lookForMarker(): void {
    const { code } = this
    if (code !== dash && code !== dot) return
    if (!this.isEmptyAt(this.at + 3)) return
    if (this.text.startsWith('...', this.at)) this.refuse()
    if (this.text.startsWith('---', this.at)) this.indent = -1
  }
}

/** Lines that are one value: a line's end is a space, and n empty lines are n line feeds. */
export function folded(lines: readonly string[]): string {
  let result = withoutBlankEnd(lines[0] ?? '')
  let separator = ' '
  for (const line of lines.slice(1, -1)) {
    const trimmed = withoutBlankEnd(line.replace(/^[ \t]+/, ''))
    if (trimmed !== '') {
      result += separator + trimmed
      separator = ' '
    } else if (separator === '\n') result += separator
    else separator = '\n'
  }
  return result + separator + (lines.at(-1) ?? '').replace(/^[ \t]+/, '')
}

/** A loop, because an expression that ends in `$` goes over a run of spaces within the line once from each of them. */
function withoutBlankEnd(line: string): string {
  let end = line.length
  while (end > 0 && isBlankCode(line.charCodeAt(end - 1))) end--
  return line.slice(0, end)
}

const isBlankCode = (code: number): boolean => code === space || code === tab
