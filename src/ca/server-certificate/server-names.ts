/** By which names and addresses the daemon is reached, as its certificate has to say. */

import { hostname } from 'node:os'
import { isServerName } from '../authenticate/own-server.ts'

/** What agents of Istio's kind expect to find on their control plane. */
export const standardServerNames: readonly string[] = [
  'localhost',
  '127.0.0.1',
  '::1',
  'istiod.istio-system.svc',
  'istiod.istio-system',
  'istio-pilot.istio-system.svc',
]

/** DNS names and addresses: the standard ones, the host's own, and `more`. */
export function serverNames(more: readonly string[]): readonly string[] {
  // A host may be called something that no certificate can say; its operator then names it otherwise.
  const ownNames = [hostname()].filter(isServerName)
  return [...standardServerNames, ...ownNames, ...more]
}
