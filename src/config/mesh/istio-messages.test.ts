/** Every key of Istio's settings is one of ours, with the same form, and each of ours one of Istio's. */

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import protobuf from 'protobufjs'
import Type, { type TObject, type TSchema } from 'typebox'
import { keywordsOf } from '../schema/fields.ts'
import { meshConfigMessage } from './mesh-config-message.ts'
import { meshNetworksMessage } from './mesh-networks-message.ts'
import { istioMessages, jsonName } from './testing/istio-messages.ts'

const istio = istioMessages()
const skip = istio.kind === 'missing' ? istio.reason : false

describe("beside Istio's own definitions", { skip }, () => {
  test('the MeshConfig has the same keys, forms, enums and alternatives', () => {
    assert.deepEqual(differencesOf('MeshConfig', meshConfigMessage), ['MeshConfig.meshwright extra'])
  })

  test('the MeshNetworks have the same keys, forms, enums and alternatives', () => {
    assert.deepEqual(differencesOf('MeshNetworks', meshNetworksMessage), [])
  })
})

function differencesOf(name: string, schema: TObject): readonly string[] {
  assert.ok(istio.kind === 'messages')
  const seen = new Set<string>()
  const found: string[] = []
  const visit = (message: protobuf.Type, ours: TSchema, at: string): void => {
    if (!Type.IsObject(ours)) return void found.push(`${at} is no message`)
    if (seen.has(at)) return
    seen.add(at)
    const theirs = new Map(message.fieldsArray.map(field => [jsonName(field.name), field]))
    for (const own of Object.keys(ours.properties)) if (!theirs.has(own)) found.push(`${at}.${own} extra`)
    for (const [field, definition] of theirs) {
      const inner = ours.properties[field]
      if (inner === undefined) found.push(`${at}.${field} missing`)
      else visitField(definition, inner, `${at}.${field}`)
    }
    for (const { oneof } of message.oneofsArray) {
      const group = oneof.map(jsonName).sort()
      const isOurs = (keywordsOf(ours).exclusive ?? []).some(names => [...names].sort().join() === group.join())
      if (group.length > 1 && !isOurs) found.push(`${at} oneof ${group.join()}`)
    }
  }
  const visitField = (field: protobuf.Field, ours: TSchema, at: string): void => {
    if (field.options?.deprecated === true && keywordsOf(ours).facts?.deprecated === undefined)
      found.push(`${at} deprecated`)
    if (field.map) {
      if (Type.IsRecord(ours)) visitValue(field, Type.RecordValue(ours), `${at}.*`)
      else found.push(`${at} is no map`)
    } else if (field.repeated) {
      if (Type.IsArray(ours)) visitValue(field, ours.items, `${at}[]`)
      else found.push(`${at} is no list`)
    } else visitValue(field, ours, at)
  }
  const visitValue = (field: protobuf.Field, ours: TSchema, at: string): void => {
    const form = scalarForms[field.type]
    if (form !== undefined) {
      if (!form(ours)) found.push(`${at} is no ${field.type}`)
      return
    }
    // Messages of the kinds are compared with Istio's CustomResourceDefinitions.
    if (field.type.startsWith('istio.networking.')) {
      if (!Type.IsObject(ours)) found.push(`${at} is no message`)
      return
    }
    const type = field.parent?.lookup(field.type)
    if (type instanceof protobuf.Enum) {
      const numbers: unknown = Type.IsEnum(ours) ? (ours as unknown as { numbers: unknown }).numbers : undefined
      if (!isSame(numbers, type.values)) found.push(`${at} is another enum`)
    } else if (type instanceof protobuf.Type) visit(type, ours, at)
    else found.push(`${at} of unknown type ${field.type}`)
  }
  const message = istio.messages.lookupType(name)
  visit(message, schema, name)
  return found
}

const isText = (schema: TSchema): boolean => Type.IsString(schema) && keywordsOf(schema).form !== 'duration'

const scalarForms: Readonly<Record<string, (schema: TSchema) => boolean>> = {
  string: schema => isText(schema),
  bool: schema => Type.IsBoolean(schema),
  int32: schema => Type.IsInteger(schema),
  uint32: schema => Type.IsInteger(schema),
  double: schema => Type.IsNumber(schema),
  'google.protobuf.Duration': schema => keywordsOf(schema).form === 'duration',
  'google.protobuf.BoolValue': schema => Type.IsBoolean(schema),
  'google.protobuf.Int32Value': schema => Type.IsInteger(schema),
  'google.protobuf.Int64Value': schema => Type.IsInteger(schema),
  'google.protobuf.Struct': schema => Type.IsRecord(schema) && Type.IsUnknown(Type.RecordValue(schema)),
}

function isSame(ours: unknown, theirs: Readonly<Record<string, number>>): boolean {
  const sorted = (value: object): string => JSON.stringify(Object.entries(value).sort())
  return typeof ours === 'object' && ours !== null && sorted(ours) === sorted(theirs)
}
