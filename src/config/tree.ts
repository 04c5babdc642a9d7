/** A value as a text holds it, each part with its offset in the text: what every reader of YAML or JSON gives, and readers of objects take. */

export type TreeNode = ScalarNode | ListNode | MappingNode

export interface ScalarNode {
  readonly kind: 'scalar'
  readonly value: null | boolean | number | string
  /** Of the first character, in UTF-16 code units; 0 where there is no text. */
  readonly offset: number
  /** Of values that are no text, how they are written; absent where nothing was written. */
  readonly source?: string | undefined
  /** `literal`: a block in which every line is a line of the value. */
  readonly style?: 'literal' | undefined
}

export interface ListNode {
  readonly kind: 'list'
  readonly items: readonly TreeNode[]
  readonly offset: number
  /** Behind the last character. */
  readonly end: number
}

export interface MappingNode {
  readonly kind: 'mapping'
  readonly items: readonly TreePair[]
  readonly offset: number
  readonly end: number
}

export interface TreePair {
  /** Text in JSON, nearly always text in YAML. */
  readonly key: TreeNode
  readonly value: TreeNode
}

/** The text of a key, or of a value, as it is written. */
export const writtenText = ({ value, source }: ScalarNode): string => source ?? String(value)

/** Whether there are more values in the node, itself counted, than `most`. Cost: at most those. */
export function holdsMoreThan(node: TreeNode, most: number): boolean {
  let left = most
  const count = (value: TreeNode): boolean => {
    if (--left < 0) return false
    if (value.kind === 'list') return value.items.every(count)
    return value.kind === 'scalar' || value.items.every(pair => count(pair.value))
  }
  return !count(node)
}

/** The value of a key; keys are unique. */
export function memberOf(mapping: MappingNode, key: string): TreeNode | undefined {
  return mapping.items.find(pair => pair.key.kind === 'scalar' && pair.key.value === key)?.value
}
