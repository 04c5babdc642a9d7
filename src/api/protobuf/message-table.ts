/**
 * How Kubernetes' messages lie in protobuf and what they are called in JSON: `protos/kubernetes.txt`, which
 * `test/oracle/record-kubernetes-messages.ts` takes from Kubernetes' own types. A line is a message:
 *
 *     ServicePort: 1 name string, 3 port int!, 4 targetPort IntOrString, 6 appProtocol string?
 *
 * `?`: an absent value differs from an empty one. `!`: an empty value is written, too. Every other empty value is left
 * out. `.` for a name: the fields of the message stand in the one around it.
 */

import { readFileSync } from 'node:fs'
import path from 'node:path'
import { protoDirectory } from '../../platform/protobuf.ts'

export type FieldType =
  | { readonly kind: 'string' | 'bool' | 'int' | 'bytes' }
  | { readonly kind: 'list' | 'map' | 'items'; readonly of: FieldType }
  | { readonly kind: 'message'; readonly name: string }

export interface MessageField {
  /** `.`: none of its own. */
  readonly name: string
  readonly type: FieldType
  readonly whenEmpty: 'left out' | 'written' | 'told apart'
}

/** By name of the message, its fields by their numbers. */
export type MessageTable = ReadonlyMap<string, ReadonlyMap<number, MessageField>>

let table: MessageTable | undefined

/** Read when it is first asked for. */
export function messageTable(): MessageTable {
  table ??= parseMessageTable(readFileSync(path.join(protoDirectory, 'kubernetes.txt'), 'utf8'))
  return table
}

function parseMessageTable(text: string): MessageTable {
  const lines = text.split('\n').filter(line => line !== '')
  return new Map(
    lines.map(line => {
      const [name = '', fields = ''] = line.split(': ')
      return [name, new Map(fields.split(', ').filter(Boolean).map(parseField))]
    }),
  )
}

function parseField(text: string): readonly [number, MessageField] {
  const [number = '', name = '', written = ''] = text.split(' ')
  const mark = /[?!]$/.exec(written)?.[0]
  const whenEmpty = mark === '?' ? 'told apart' : mark === '!' ? 'written' : 'left out'
  return [Number(number), { name, type: parseType(written.replace(/[?!]$/, '')), whenEmpty }]
}

function parseType(text: string): FieldType {
  const [, outer, inner] = /^(list|map|items)<(.*)>$/.exec(text) ?? []
  if ((outer === 'list' || outer === 'map' || outer === 'items') && inner !== undefined)
    return { kind: outer, of: parseType(inner) }
  if (text === 'string' || text === 'bool' || text === 'int' || text === 'bytes') return { kind: text }
  return { kind: 'message', name: text }
}
