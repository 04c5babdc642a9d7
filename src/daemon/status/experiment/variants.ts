/** Other valid versions of an object, for experiments: without a field, or with another value where it cannot be left out. */

import { type AnyObject, kinds } from '../../../config/kinds/catalogue.ts'
import { readJsonObject } from '../../../config/read-json.ts'
import { type FieldPath, valueAt, withField, withoutField } from './object-fields.ts'

/** Undefined where the object is valid only as it is: derivations are made for valid objects and may not be given others. */
export function variantAt(object: AnyObject, path: FieldPath): AnyObject | undefined {
  const without = validated(withoutField(object, path))
  if (without !== undefined) return without
  const other = otherValue(valueAt(object, path))
  return other === undefined ? undefined : validated(withField(object, path, other))
}

/** The object as the reader of its kind makes it; undefined when it is refused. */
export function validated(object: AnyObject): AnyObject | undefined {
  const { apiVersion, kind, metadata, spec, status } = object
  const body = kinds[kind].body === 'spec' ? { spec } : spec
  const { namespace, ...named } = metadata
  const json = {
    apiVersion,
    kind,
    metadata: namespace === '' ? named : metadata,
    ...body,
    ...(status === undefined ? {} : { status }),
  }
  const read = readJsonObject(json, 'experiment', object.origin)
  return read.kind === 'object' ? read.object : undefined
}

function otherValue(value: unknown): unknown {
  switch (typeof value) {
    case 'string':
      return `${value}x`
    case 'number':
      return value + 1
    case 'boolean':
      return !value
    default:
      return undefined
  }
}
