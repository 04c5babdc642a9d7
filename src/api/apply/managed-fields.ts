/** `metadata.managedFields`: which manager owns which fields of an object. */

import { MeshwrightError } from '../../platform/errors.ts'
import { isObject, type JsonObject } from '../json-value.ts'
import { type FieldSet, fieldsFromV1, fieldsV1From } from './field-set.ts'

export interface Manager {
  readonly name: string
  /** `Apply`: by server-side apply. `Update`: by anything else. */
  readonly operation: 'Apply' | 'Update'
  readonly apiVersion: string
  /** RFC 3339: when it last changed what it owns. */
  readonly time: string
  readonly fields: FieldSet
}

const mostManagers = 100

/** Throws `REQUEST_INVALID`. */
export function managersOf(object: JsonObject): readonly Manager[] {
  const entries = isObject(object.metadata) ? object.metadata.managedFields : undefined
  if (entries === undefined || entries === null) return []
  if (!Array.isArray(entries) || entries.length > mostManagers)
    throw invalid(`is no list of at most ${mostManagers} entries`)
  return entries.flatMap(entry => {
    if (!isObject(entry)) throw invalid('an entry is no object')
    // A list with one empty entry is how a client resets the managers.
    if (Object.keys(entry).length === 0) return []
    const { manager, operation, apiVersion, time, fieldsV1 } = entry
    if (
      typeof manager !== 'string' ||
      typeof apiVersion !== 'string' ||
      (operation !== 'Apply' && operation !== 'Update')
    ) {
      throw invalid('an entry needs manager, operation and apiVersion')
    }
    return [
      {
        name: manager,
        operation,
        apiVersion,
        time: typeof time === 'string' ? time : '',
        fields: fieldsFromV1(fieldsV1 ?? {}),
      },
    ]
  })
}

/** The object with these managers; those that own nothing are left out. */
export function withManagers(object: JsonObject, managers: readonly Manager[]): JsonObject {
  const owning = managers.filter(({ fields }) => fields.size > 0)
  const { managedFields: _, ...metadata } = isObject(object.metadata) ? object.metadata : {}
  const entries = owning.slice(-mostManagers).map(({ name, operation, apiVersion, time, fields }) => ({
    manager: name,
    operation,
    apiVersion,
    ...(time === '' ? {} : { time }),
    fieldsType: 'FieldsV1',
    fieldsV1: fieldsV1From(fields),
  }))
  return { ...object, metadata: entries.length === 0 ? metadata : { ...metadata, managedFields: entries } }
}

const invalid = (reason: string): MeshwrightError =>
  new MeshwrightError('REQUEST_INVALID', { message: `metadata.managedFields: ${reason}` })
