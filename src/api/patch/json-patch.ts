/**
 * JSON Patch (RFC 6902). The library applies; what it is lenient about (indexes that are none, names that are special in
 * JavaScript, operations without their members) is checked here, against the document as it is before each operation.
 */

import { applyPatch, type Operation } from 'rfc6902'
import { MeshwrightError } from '../../platform/errors.ts'
import { isObject } from '../json-value.ts'

/** As in the Kubernetes API server. */
const mostOperations = 10_000
/** Copies of copies grow without bound. */
const largestResultChars = 4 * 1024 * 1024

/** A new document. Throws `REQUEST_INVALID` for a patch that is none, `PATCH_FAILED` where it does not apply. */
export function jsonPatch(target: unknown, patch: unknown): unknown {
  if (!Array.isArray(patch)) throw invalid('a JSON patch is a list of operations')
  if (patch.length > mostOperations) throw invalid(`a JSON patch has at most ${mostOperations} operations`)
  const holder = { document: structuredClone(target) }
  let copiedChars = 0
  for (const [index, operation] of patch.entries()) {
    const checked = operationFrom(operation, index)
    for (const pointer of 'from' in checked ? [checked.path, checked.from] : [checked.path]) {
      requirePlace(holder.document, pointer, checked.op === 'add' || pointer === checked.path)
    }
    if (checked.op === 'copy') {
      copiedChars += sizeOf(valueAt(holder.document, checked.from))
      requireSize(copiedChars)
    }
    // Below a member, because the library replaces what is below the root only.
    const [fault] = applyPatch(holder, [belowDocument(checked)])
    if (fault !== null && fault !== undefined) throw failed(`operation ${index}: ${fault.message}`)
  }
  requireSize(sizeOf(holder.document))
  return holder.document
}

function belowDocument(operation: Operation): Operation {
  const moved = { ...operation, path: `/document${operation.path}` }
  return 'from' in moved ? { ...moved, from: `/document${moved.from}` } : moved
}

function operationFrom(value: unknown, index: number): Operation {
  const { op, path, from } = isObject(value) ? value : {}
  const fault = (what: string): MeshwrightError => invalid(`operation ${index}: ${what}`)
  if (typeof path !== 'string' || !isPointer(path)) throw fault('path is no JSON pointer')
  switch (op) {
    case 'add':
    case 'replace':
    case 'test':
      if (!isObject(value) || !Object.hasOwn(value, 'value')) throw fault(`${op} needs a value`)
      return { op, path, value: value.value }
    case 'remove':
      return { op, path }
    case 'move':
    case 'copy':
      if (typeof from !== 'string' || !isPointer(from)) throw fault('from is no JSON pointer')
      if (op === 'move' && path.startsWith(`${from}/`)) throw fault('a value cannot be moved into itself')
      return { op, from, path }
    default:
      throw fault(`op is none of add, remove, replace, move, copy, test`)
  }
}

function isPointer(text: string): boolean {
  if (text !== '' && !text.startsWith('/')) return false
  if (/~(?![01])/.test(text)) return false
  return !text.split('/').some(token => ['__proto__', 'constructor', 'prototype'].includes(token))
}

function requirePlace(document: unknown, pointer: string, mayBeNew: boolean): void {
  let value: unknown = document
  const names = namesOf(pointer)
  for (const [depth, name] of names.entries()) {
    const isLast = depth === names.length - 1
    if (Array.isArray(value)) {
      const appends = name === '-' && isLast && mayBeNew
      const isIndex = /^(?:0|[1-9]\d{0,8})$/.test(name) && Number(name) < value.length + (isLast && mayBeNew ? 1 : 0)
      if (!appends && !isIndex) throw failed(`${pointer}: ${JSON.stringify(name)} is no index of the list`)
      value = value[Number(name)]
    } else if (isObject(value)) {
      if (!Object.hasOwn(value, name) && !(isLast && mayBeNew))
        throw failed(`${pointer}: there is no ${JSON.stringify(name)}`)
      value = value[name]
    } else {
      throw failed(`${pointer}: there is nothing below ${JSON.stringify(name)}`)
    }
  }
}

const namesOf = (pointer: string): readonly string[] =>
  pointer
    .split('/')
    .slice(1)
    .map(token => token.replaceAll('~1', '/').replaceAll('~0', '~'))

/** Of a place that is known to be there. */
function valueAt(document: unknown, pointer: string): unknown {
  let value = document
  for (const name of namesOf(pointer)) value = (value as Readonly<Record<string, unknown>>)[name]
  return value
}

const sizeOf = (value: unknown): number => JSON.stringify(value ?? null).length

function requireSize(chars: number): void {
  if (chars > largestResultChars) throw invalid('the patch makes too large an object')
}

const invalid = (message: string): MeshwrightError => new MeshwrightError('REQUEST_INVALID', { message })
const failed = (message: string): MeshwrightError => new MeshwrightError('PATCH_FAILED', { message })
