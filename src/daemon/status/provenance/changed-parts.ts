/** Which parts of an Envoy resource differ between two versions of it, by the names that people know them by. */

import { type EncodedResource, messageBytes } from '../../../platform/encoded-resource.ts'
import { decodeExpanded } from '../../../translate/envoy-messages.ts'

/** Lists whose members have names, or are told by their place, and are worth telling apart. */
const lists: ReadonlySet<string> = new Set([
  'filterChains',
  'virtualHosts',
  'routes',
  'endpoints',
  'transportSocketMatches',
])

/** Paths such as `filterChains[0.0.0.0_8080].filters`, sorted; empty when one of the two is not there. */
export function changedParts(
  typeUrl: string,
  before: EncodedResource | undefined,
  after: EncodedResource | undefined,
): readonly string[] {
  if (before === undefined || after === undefined) return []
  const parts = new Set<string>()
  compare(decodeExpanded(typeUrl, messageBytes(before)), decodeExpanded(typeUrl, messageBytes(after)), '', parts)
  return [...parts].sort()
}

function compare(before: unknown, after: unknown, path: string, parts: Set<string>): void {
  for (const key of new Set([...Object.keys(fieldsOf(before)), ...Object.keys(fieldsOf(after))])) {
    const [was, is] = [fieldsOf(before)[key], fieldsOf(after)[key]]
    if (JSON.stringify(was) === JSON.stringify(is)) continue
    const at = path === '' ? key : `${path}.${key}`
    if (!lists.has(key)) parts.add(at)
    else compareLists(listOf(was), listOf(is), at, parts)
  }
}

function compareLists(before: readonly unknown[], after: readonly unknown[], path: string, parts: Set<string>): void {
  const was = new Map(before.map((item, index) => [nameOf(item, index), item]))
  const is = new Map(after.map((item, index) => [nameOf(item, index), item]))
  for (const name of new Set([...was.keys(), ...is.keys()])) {
    const [one, other] = [was.get(name), is.get(name)]
    if (JSON.stringify(one) === JSON.stringify(other)) continue
    if (one === undefined || other === undefined) parts.add(`${path}[${name}]`)
    else compare(one, other, `${path}[${name}]`, parts)
  }
}

function nameOf(item: unknown, index: number): string {
  const { name } = fieldsOf(item)
  return typeof name === 'string' && name !== '' ? name : String(index)
}

const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
