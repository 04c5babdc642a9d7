/** Where clients part ways on the same plan: a VirtualService leads each to what it may see. */

import type { TrackedFacts } from '../../discovery/facts.ts'
import type { ServiceKey } from '../../discovery/service.ts'
import type { Exceptions } from '../resource-kind.ts'

/** The client namespaces for which a service may be routed otherwise than for a client without routes of its own. */
export function routedApart(service: ServiceKey, facts: TrackedFacts): Exceptions {
  const routes = facts.virtualServices.get(service)
  if (routes === undefined) return []
  return routes.everybody === undefined ? [...routes.exceptions.keys()] : 'everyone'
}

export function togetherApart(all: readonly Exceptions[]): Exceptions {
  const namespaces = new Set<string>()
  for (const one of all) {
    if (one === 'everyone') return one
    for (const namespace of one) namespaces.add(namespace)
  }
  return [...namespaces]
}
