/** From the names of fields, as complaints give them, to where they are written. */

import { type MappingNode, type TreeNode, type TreePair, writtenText } from './tree.ts'

interface WrittenField {
  readonly node: TreeNode
  /** Of its key or, in a list, of itself; of the object itself where nothing of the field is written. */
  readonly offset: number
}

export interface WrittenFields {
  /** Of a field such as `spec.http[0].match`, or of the nearest thing around it that is written: its value. */
  node(field: string): TreeNode
  /** The same, where its value begins or, where that is a collection, its key. */
  offset(field: string): number
}

/** Cost: the keys of the mappings on the way to a field, once. */
export function writtenFields(root: TreeNode): WrittenFields {
  const names = new Map<MappingNode, ReadonlyMap<string, TreePair>>()
  const namesOf = (mapping: MappingNode): ReadonlyMap<string, TreePair> => {
    const known = names.get(mapping) ?? pairsByName(mapping)
    names.set(mapping, known)
    return known
  }
  const find = (field: string): WrittenField => {
    let found: WrittenField = { node: root, offset: root.offset }
    for (let rest = field; rest !== ''; ) {
      const { node } = found
      const step =
        node.kind === 'mapping'
          ? memberStep(namesOf(node), rest)
          : node.kind === 'list'
            ? itemStep(node.items, rest)
            : undefined
      if (step === undefined) break
      found = step.found
      rest = step.rest
    }
    return found
  }
  return {
    node: field => find(field).node,
    offset: field => {
      const { node, offset } = find(field)
      return node.kind === 'scalar' ? node.offset : offset
    },
  }
}

/** Each key as it is written and in camelCase. */
function pairsByName({ items }: MappingNode): ReadonlyMap<string, TreePair> {
  const pairs = new Map<string, TreePair>()
  for (const pair of items) {
    if (pair.key.kind !== 'scalar') continue
    const written = writtenText(pair.key)
    pairs.set(written, pair)
    if (written.includes('_')) pairs.set(camelCase(written), pair)
  }
  return pairs
}

const camelCase = (name: string): string =>
  name.replaceAll(/_([A-Za-z0-9])/g, (_whole, letter: string) => letter.toUpperCase())

interface Step {
  readonly found: WrittenField
  readonly rest: string
}

/** Keys may hold points themselves: the longest that fits is taken. */
function memberStep(names: ReadonlyMap<string, TreePair>, rest: string): Step | undefined {
  for (let end = rest.length; end > 0; end = Math.max(rest.lastIndexOf('.', end - 1), rest.lastIndexOf('[', end - 1))) {
    const pair = names.get(rest.slice(0, end))
    if (pair === undefined) continue
    return { found: { node: pair.value, offset: pair.key.offset }, rest: rest.slice(end).replace(/^\./, '') }
  }
  return undefined
}

function itemStep(items: readonly TreeNode[], rest: string): Step | undefined {
  const [whole, index] = /^\[(\d+)\]\.?/.exec(rest) ?? []
  const item = index === undefined ? undefined : items[Number(index)]
  return item === undefined || whole === undefined
    ? undefined
    : { found: { node: item, offset: item.offset }, rest: rest.slice(whole.length) }
}
