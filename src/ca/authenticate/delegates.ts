/**
 * Authorities below this one that relay requests of their workloads: which identity may ask for which namespaces, as the
 * settings say. They are believed on whose a request is, so each is as powerful as its namespaces together.
 */

import { MeshwrightError } from '../../platform/errors.ts'
import { parseSpiffeId } from '../../platform/spiffe.ts'
import type { CallersSettings } from '../settings/callers.ts'
import type { NodeAuthorizer } from './node-proxy.ts'

/** Undefined when the settings name none. Throws `CA_SETTINGS_INVALID`. */
export function delegateAuthorizer({ delegates = [] }: CallersSettings): NodeAuthorizer | undefined {
  if (delegates.length === 0) return undefined
  const known = new Map(delegates.map((each, i) => [identityOf(each.identity, i), each.namespaces]))
  return {
    async mayRepresent(caller, identity) {
      const namespaces = known.get(caller.identity.uri)
      if (namespaces === undefined) return { kind: 'refused', reason: 'it is no delegate of the settings' }
      // Whoever has the delegate's own identity could ask for everything that it may ask for.
      if (known.has(identity.uri)) return { kind: 'refused', reason: 'it is the identity of a delegate' }
      if (namespaces.includes('*') || namespaces.includes(identity.namespace)) return { kind: 'permitted' }
      return { kind: 'refused', reason: 'the delegate may not ask for that namespace' }
    },
  }
}

function identityOf(text: string, index: number): string {
  try {
    return parseSpiffeId(text).uri
  } catch (cause) {
    throw new MeshwrightError('CA_SETTINGS_INVALID', {
      message: `callers.delegates.${index}.identity: ${(cause as Error).message}`,
      remedy: 'Write spiffe://TRUST-DOMAIN/ns/NAMESPACE/sa/SERVICE-ACCOUNT.',
      cause,
    })
  }
}
