/** What an accepted object says and this version does not do: the honest part of its status. Nothing here is a fault. */

import { type AnyObject, kinds } from './kinds/catalogue.ts'
import type { StatusReason } from './object-status.ts'
import { fieldsNotInForce } from './schema/fields-not-in-force.ts'

/**
 * The whole kind without a field, or each field that is written and does nothing yet (`spec.ports[0].targetPort`).
 * Cost: the size of the object.
 */
export function notInForceOf(object: AnyObject): readonly StatusReason[] {
  const kind = kinds[object.kind]
  if (kind.notInForce !== undefined) return [{ reason: kind.notInForce }]
  return fieldsNotInForce(kind.spec, object.spec, kind.body === 'spec' ? 'spec' : '')
}
