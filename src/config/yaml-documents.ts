/**
 * The YAML layer: text to documents with a place for every node. Everything that makes YAML dangerous or ambiguous is
 * refused here, before anything is built from it: anchors' aliases, unknown tags, duplicate keys, deep nesting, huge texts.
 */

import { Composer, type CST, type Document, isAlias, isNode, Lexer, LineCounter, type Node, Parser, visit } from 'yaml'
import type { Problem } from './problem.ts'

export const largestFileBytes = 64 * 1024 * 1024
export const largestObjectChars = 1024 * 1024
export const deepestNesting = 64

export interface Place {
  readonly line: number
  readonly column: number
}

export interface YamlText {
  readonly file: string
  /** Roots of the documents that hold something. Empty when there are errors. */
  readonly roots: readonly Node[]
  readonly problems: readonly Problem[]
  /** 1-based place of an offset in the text. */
  placeOf(offset: number): Place
}

/** Total: whatever the text is, the answer is roots or problems. */
export function readYaml(text: string, file: string): YamlText {
  const lines = new LineCounter()
  const placeOf = (offset: number): Place => {
    const { line, col } = lines.linePos(offset)
    return { line: Math.max(1, line), column: Math.max(1, col) }
  }
  const refuse = (offset: number, reason: string, remedy?: string): YamlText => ({
    file,
    roots: [],
    placeOf,
    problems: [{ severity: 'error', file, ...placeOf(offset), reason, ...(remedy === undefined ? {} : { remedy }) }],
  })
  if (text.length > largestFileBytes) return refuse(0, 'the file is larger than 64 MiB', 'split it')
  try {
    // In JSON a tab can only stand between tokens; YAML's rules for tabs are others. Offsets stay as they are.
    const source = file.endsWith('.json') ? text.replaceAll('\t', ' ') : text
    const parsed = tokensOf(source, lines)
    if (parsed.kind === 'too deep') return refuse(parsed.offset, `is nested deeper than ${deepestNesting} levels`)
    return fromDocuments([...new Composer(composerOptions).compose(parsed.tokens, false, source.length)], {
      file,
      placeOf,
      refuse,
    })
  } catch (error) {
    // The parser is not ours: what it throws is a fault of the text, never the end of the daemon.
    return refuse(0, `cannot be read as YAML: ${error instanceof Error ? error.message : String(error)}`)
  }
}

const composerOptions = {
  version: '1.2',
  schema: 'core',
  merge: false,
  // Without this, !!binary, !!set and the like would be built.
  resolveKnownTags: false,
  uniqueKeys: true,
  strict: true,
  prettyErrors: false,
  stringKeys: false,
  logLevel: 'silent',
} as const

interface Context {
  readonly file: string
  placeOf(offset: number): Place
  refuse(offset: number, reason: string, remedy?: string): YamlText
}

function fromDocuments(documents: readonly Document.Parsed[], context: Context): YamlText {
  const roots: Node[] = []
  const problems: Problem[] = []
  for (const document of documents) {
    for (const fault of [...document.errors, ...document.warnings]) {
      problems.push({
        severity: 'error',
        file: context.file,
        ...context.placeOf(fault.pos[0]),
        reason: plainReason(fault),
      })
    }
    const root: Node | null = document.contents
    if (root === null || isEmpty(root)) continue
    const alias = firstAlias(root)
    if (alias !== undefined) {
      problems.push({
        severity: 'error',
        file: context.file,
        ...context.placeOf(alias),
        reason: 'YAML aliases are not accepted',
        remedy: 'write the value out',
      })
    }
    roots.push(root)
  }
  return { file: context.file, roots: problems.length > 0 ? [] : roots, problems, placeOf: context.placeOf }
}

function plainReason(fault: { readonly code: string; readonly message: string }): string {
  if (fault.code === 'TAG_RESOLVE_FAILED') return 'YAML tag is not accepted'
  if (fault.code === 'DUPLICATE_KEY') return 'the key is written twice in one mapping'
  // What follows a colon is the text itself, which may be a secret.
  return `is not YAML: ${fault.message.replace(/(?<! ): .*$/s, '')}`
}

const isEmpty = (root: Node): boolean => 'value' in root && root.value === null

function firstAlias(root: Node): number | undefined {
  let offset: number | undefined
  visit(root, (_key, node) => {
    if (!isNode(node) || !isAlias(node)) return undefined
    offset = node.range?.[0] ?? 0
    return visit.BREAK
  })
  return offset
}

type Tokens =
  | { readonly kind: 'tokens'; readonly tokens: readonly CST.Token[] }
  | { readonly kind: 'too deep'; readonly offset: number }

/** The parser works on a stack of its own; the composer after it recurses, and must never be given what would exhaust it. */
function tokensOf(source: string, lines: LineCounter): Tokens {
  const parser = new Parser(lines.addNewLine)
  const tokens: CST.Token[] = []
  lines.addNewLine(0)
  for (const lexeme of new Lexer().lex(source)) {
    for (const token of parser.next(lexeme)) tokens.push(token)
    if (parser.stack.length > deepestNesting) return { kind: 'too deep', offset: parser.offset }
  }
  for (const token of parser.end()) tokens.push(token)
  return { kind: 'tokens', tokens }
}
