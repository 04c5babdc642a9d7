/**
 * Whether a JSON value is proto JSON of a message, type by type (https://protobuf.dev/programming-guides/json/). Nothing is
 * built. What a newer Envoy may know is doubted, never refused: unknown fields, messages of unknown packages.
 */

import protobuf from 'protobufjs'
import { type ProtoLibrary, packageOf } from '../../platform/protobuf.ts'
import { join } from '../schema/field-path.ts'
import { laterValues } from './later-values.ts'
import { scalarFault } from './scalar-forms.ts'
import { wellKnownFault } from './well-known-forms.ts'

export interface ValueReport {
  error(field: string, reason: string, remedy?: string): void
  warning(field: string, reason: string, remedy?: string): void
}

export interface MessageCheck {
  readonly library: ProtoLibrary
  readonly report: ValueReport
}

/** Cost: the size of the value, and the packages that it is the first to name. */
export function checkMessage(type: protobuf.Type, value: unknown, field: string, check: MessageCheck): void {
  const name = type.fullName.slice(1)
  if (name === 'google.protobuf.Any') {
    checkAny(value, field, check)
    return
  }
  const form = wellKnownFault(name, value)
  if (form !== undefined) {
    if (form !== 'fits') check.report.error(field, form.reason, form.remedy)
    return
  }
  if (!isRecord(value)) {
    check.report.error(field, `must be a mapping: it is a ${shortName(name)}`)
    return
  }
  checkFields(type, value, field, check)
}

type JsonRecord = Readonly<Record<string, unknown>>

const isRecord = (value: unknown): value is JsonRecord =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const shortName = (name: string): string => name.slice(name.lastIndexOf('.') + 1)

function checkFields(type: protobuf.Type, value: JsonRecord, field: string, check: MessageCheck): void {
  const fields = fieldsByName(type)
  const chosen = new Map<string, string>()
  const seen = new Map<protobuf.Field, string>()
  for (const [key, item] of Object.entries(value)) {
    const place = join(field, key)
    const known = fields.get(camel(key))
    if (known === undefined) {
      check.report.warning(
        place,
        `is not a field of ${type.fullName.slice(1)} that is known here`,
        'look at its spelling',
      )
      continue
    }
    if (item === null) continue
    const twin = seen.get(known)
    if (twin !== undefined) check.report.error(place, `is written twice, also as ${twin}`, 'remove one of the two')
    seen.set(known, key)
    const group = known.partOf?.name
    const rival = group === undefined || known.options?.proto3_optional ? undefined : chosen.get(group)
    if (rival !== undefined) check.report.error(place, `cannot stand beside ${rival}`, 'keep one of the two')
    if (group !== undefined) chosen.set(group, key)
    checkField(known, item, place, check)
  }
}

function checkField(known: protobuf.Field, value: unknown, field: string, check: MessageCheck): void {
  known.resolve()
  if (known.map) {
    if (!isRecord(value)) check.report.error(field, 'must be a mapping')
    else for (const [key, item] of Object.entries(value)) checkItem(known, item, join(field, key), check)
  } else if (known.repeated) {
    if (!Array.isArray(value)) check.report.error(field, 'must be a list')
    else for (const [index, item] of value.entries()) checkItem(known, item, `${field}[${index}]`, check)
  } else checkItem(known, value, field, check)
}

function checkItem(known: protobuf.Field, value: unknown, field: string, check: MessageCheck): void {
  const type = known.resolvedType
  if (type instanceof protobuf.Type) checkMessage(type, value, field, check)
  else if (type instanceof protobuf.Enum) checkEnum(type, value, field, check)
  else {
    const fault = scalarFault(known.type, value)
    if (fault !== undefined) check.report.error(field, fault)
  }
}

function checkEnum(type: protobuf.Enum, value: unknown, field: string, { report }: MessageCheck): void {
  if (typeof value === 'number' && Number.isInteger(value)) return
  const names = [...Object.keys(type.values), ...(laterValues[type.fullName.slice(1)] ?? [])]
  if (typeof value === 'string' && names.includes(value)) return
  report.error(
    field,
    `is not a value of ${type.fullName.slice(1)}`,
    `use one of ${names.slice(0, 12).join(', ')}${names.length > 12 ? ' …' : ''}`,
  )
}

/** `{ '@type': 'type.googleapis.com/NAME', …fields }`; a message that has a JSON of its own stands under `value`. */
function checkAny(value: unknown, field: string, check: MessageCheck): void {
  const { report, library } = check
  if (!isRecord(value)) {
    report.error(field, "must be a mapping with '@type'")
    return
  }
  const { '@type': typeUrl, ...rest } = value
  if (typeUrl === undefined && Object.keys(rest).length === 0) return
  const place = join(field, '@type')
  if (typeof typeUrl !== 'string' || !typeUrl.includes('/')) {
    report.error(
      place,
      'must name the type',
      'write it like type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua',
    )
    return
  }
  const name = typeUrl.slice(typeUrl.lastIndexOf('/') + 1)
  const type = library.type(name)
  if (/\.v2(?:alpha\d*)?\./.test(name))
    report.error(place, `${name} is of an API that Envoy does not have any more`, 'use the message of v3')
  else if (type !== undefined)
    checkMessage(type, wellKnownFault(name, undefined) === undefined ? rest : rest.value, field, check)
  else if (library.hasPackage(packageOf(name)))
    report.error(place, `there is no message ${name}`, 'look at its spelling')
  else report.warning(place, `${name} is not known here, and is not checked`)
}

/** protobufjs keeps some names as they are written and not others; in camelCase all are alike. */
const camel = (name: string): string => name.replace(/_(.)/g, (_whole, letter: string) => letter.toUpperCase())

const fieldNames = new WeakMap<protobuf.Type, ReadonlyMap<string, protobuf.Field>>()

function fieldsByName(type: protobuf.Type): ReadonlyMap<string, protobuf.Field> {
  let names = fieldNames.get(type)
  if (names === undefined) {
    names = new Map(type.fieldsArray.map(each => [camel(each.name), each]))
    fieldNames.set(type, names)
  }
  return names
}
