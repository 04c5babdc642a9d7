/** JSON as YAML texts of several spellings, written quickly. */

import type { Json } from '../../src/config/kinds/testing/grown-objects.ts'

/** In blocks, as people and tools write it. */
export function blockYaml(value: Json, indent = ''): string {
  if (Array.isArray(value) && value.length > 0)
    return value.map((item: Json) => `${indent}-${isNested(item) ? '\n' : ' '}${inner(item, indent)}`).join('')
  return Object.entries(value as Record<string, Json>)
    .map(([key, item]) => `${indent}${plain(key)}:${isNested(item) ? '\n' : ' '}${inner(item, indent)}`)
    .join('')
}

const isNested = (value: Json): boolean => value instanceof Object && Object.keys(value).length > 0

const inner = (value: Json, indent: string): string =>
  isNested(value) ? blockYaml(value, `${indent}  `) : `${plain(value)}\n`

const plain = (value: Json): string =>
  typeof value === 'string' && /^[a-z/][-a-zA-Z0-9/.]*$/.test(value) && !/^(?:true|false|null)$/.test(value)
    ? value
    : JSON.stringify(value)

/** The same text with an anchor that nobody uses: the one-pass reader leaves it to the library. */
export const anchoredYaml = (text: string): string => text.replace(/^kind: /m, 'kind: &kind ')
