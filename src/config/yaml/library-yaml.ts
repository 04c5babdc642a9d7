/**
 * All of YAML, by the library, with the fault and the place of what is refused. Everything that makes YAML dangerous or
 * ambiguous is refused here, before anything is built from it: anchors' aliases, unknown tags, duplicate keys, deep nesting.
 */

import type { CST, Document, Node } from 'yaml'
import { yamlLibrary } from '../../platform/late-libraries.ts'
import type { ScalarNode, TreeNode, TreePair } from '../tree.ts'
import { Names } from './names.ts'

export const deepestNesting = 64

export interface Fault {
  readonly offset: number
  readonly reason: string
  readonly remedy?: string
}

export interface LibraryYaml {
  /** Roots of the documents that hold something. */
  readonly roots: readonly TreeNode[]
  readonly faults: readonly Fault[]
  /** Where each lexeme begins, in order: what an object costs to read. */
  readonly lexemes: readonly number[]
}

/** Throws what the library throws. */
export function readLibraryYaml(text: string): LibraryYaml {
  const parsed = tokensOf(text)
  const faults: Fault[] = []
  const roots: TreeNode[] = []
  if (parsed.kind === 'too deep') {
    faults.push({ offset: parsed.offset, reason: `is nested deeper than ${deepestNesting} levels` })
    return { roots, faults, lexemes: [] }
  }
  for (const document of new (yamlLibrary().Composer)(composerOptions).compose(parsed.tokens, false, text.length)) {
    for (const fault of [...document.errors, ...document.warnings])
      faults.push({ offset: fault.pos[0], reason: plainReason(fault) })
    const root = rootOf(document, faults)
    if (root !== undefined) roots.push(root)
  }
  return { roots, faults, lexemes: parsed.lexemes }
}

const composerOptions = {
  version: '1.2',
  schema: 'core',
  merge: false,
  // Without this, !!binary, !!set and the like would be built.
  resolveKnownTags: false,
  // The library compares each key with all before; `treeFrom` looks it up.
  uniqueKeys: false,
  strict: true,
  prettyErrors: false,
  stringKeys: false,
  logLevel: 'silent',
} as const

function plainReason(fault: { readonly code: string; readonly message: string }): string {
  if (fault.code === 'TAG_RESOLVE_FAILED') return 'YAML tag is not accepted'
  // What follows a colon is the text itself, which may be a secret.
  return `is not YAML: ${fault.message.replace(/(?<! ): .*$/s, '')}`
}

const aliasRefused = 'YAML aliases are not accepted'

type Tokens =
  | { readonly kind: 'tokens'; readonly tokens: readonly CST.Token[]; readonly lexemes: readonly number[] }
  | { readonly kind: 'too deep'; readonly offset: number }

/** The parser works on a stack of its own; the composer after it recurses, and must never be given what would exhaust it. */
function tokensOf(source: string): Tokens {
  const { Lexer, Parser } = yamlLibrary()
  const parser = new Parser()
  const tokens: CST.Token[] = []
  const lexemes: number[] = []
  for (const lexeme of new Lexer().lex(source)) {
    lexemes.push(parser.offset)
    for (const token of parser.next(lexeme)) tokens.push(token)
    if (parser.stack.length > deepestNesting) return { kind: 'too deep', offset: parser.offset }
  }
  for (const token of parser.end()) tokens.push(token)
  return { kind: 'tokens', tokens, lexemes }
}

function rootOf({ contents }: Document.Parsed, faults: Fault[]): TreeNode | undefined {
  // Declared as what it is in a document without faults.
  const root: Node | null = contents
  if (root === null || (yamlLibrary().isScalar(root) && root.value === null)) return undefined
  const found: Fault[] = []
  const tree = treeFrom(root, found)
  faults.push(...found)
  return tree
}

function treeFrom(node: Node, faults: Fault[]): TreeNode {
  const { isAlias, isMap, isScalar, isSeq } = yamlLibrary()
  const [offset, end] = node.range ?? [0, 0]
  if (isSeq(node)) return { kind: 'list', items: node.items.map(item => treeFrom(item as Node, faults)), offset, end }
  if (isMap(node)) {
    const names = new Names()
    const items = node.items.map(({ key, value }): TreePair => {
      const name = treeFrom(key as Node, faults)
      if (!names.add(name)) faults.push({ offset: name.offset, reason: 'the key is written twice in one mapping' })
      return { key: name, value: value === null ? nothingAt(name.offset) : treeFrom(value as Node, faults) }
    })
    return { kind: 'mapping', items, offset, end }
  }
  if (isAlias(node)) {
    // A bomb is told of once.
    if (!faults.some(({ reason }) => reason === aliasRefused))
      faults.push({ offset, reason: aliasRefused, remedy: 'write the value out' })
    return nothingAt(offset)
  }
  if (!isScalar(node)) return nothingAt(offset)
  // Sound: these are the scalars of the core schema; tags that make others are faults.
  const value = node.value as ScalarNode['value']
  const style = node.type === 'BLOCK_LITERAL' ? 'literal' : undefined
  return { kind: 'scalar', value, offset, source: typeof value === 'string' ? undefined : node.source, style }
}

const nothingAt = (offset: number): ScalarNode => ({
  kind: 'scalar',
  value: null,
  offset,
  source: '',
  style: undefined,
})
