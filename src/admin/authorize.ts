/** Whether a caller may use an endpoint. Who the caller is has been decided before; see access/caller.ts. */

import { MeshwrightError } from '../platform/errors.ts'
import type { Caller } from './access/caller.ts'
import { formatRole, mayEdit } from './access/role.ts'
import type { Access } from './routes/route.ts'

/** `namespace`: the one that the path names, if it names one. Throws `ACCESS_DENIED`. */
export function authorize(access: Access, caller: Caller, namespace: string | undefined): void {
  const { role } = caller
  if (access === 'anyone') return
  if (role === undefined) throw denied('nobody')
  if (access === 'editor' && !mayEdit(role, namespace ?? '')) throw denied(formatRole(role), namespace)
  // The namespaces stand in the body: of what may be 64 MiB nothing is read for who edits nowhere.
  if (access === 'editor-of-each' && role.kind === 'viewer') throw denied(formatRole(role), 'each namespace')
  if (access === 'admin' && role.kind !== 'admin') throw denied(formatRole(role))
}

/** Throws `ACCESS_DENIED` unless the caller may change objects of the namespace; `''`: those that belong to none. */
export function requireEditor(caller: Caller, namespace: string): void {
  authorize('editor', caller, namespace)
}

function denied(role: string, namespace?: string): MeshwrightError {
  const what = namespace === undefined ? 'that needs an admin' : `that needs an editor of ${namespace}`
  return new MeshwrightError('ACCESS_DENIED', {
    message: `${what}, and the credential is one of ${role}`,
    remedy: 'Use another credential; an admin makes them with `meshwright access`.',
  })
}
