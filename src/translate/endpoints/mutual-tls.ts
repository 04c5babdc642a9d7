/** Which endpoints a client speaks mutual TLS to when no DestinationRule says so: those with a sidecar that takes it. */

import type { Endpoint } from '../../discovery/endpoint.ts'
import type { TrackedFacts } from '../../discovery/facts.ts'
import { mtlsModeOf } from '../../discovery/peer-authentication.ts'
import { effectivePolicy } from '../traffic-policy.ts'
import type { MergedDestinationRule } from '../../discovery/destination-rule.ts'

/** A function of the endpoint. Cost: one policy look-up per namespace, and per endpoint only where policies select workloads. */
export function tlsModeChooser(
  facts: TrackedFacts,
  rule: MergedDestinationRule | undefined,
  { port, subset }: { readonly port: number; readonly subset: string },
): (endpoint: Endpoint) => Endpoint['tlsMode'] {
  const ofSubset = rule?.subsets.find(({ name }) => name === subset)?.trafficPolicy
  const ruled = effectivePolicy(port, [rule?.trafficPolicy, ofSubset]).tls
  if (ruled !== undefined) {
    const mode = ruled.mode === 'ISTIO_MUTUAL' ? 'istio' : 'disabled'
    return () => mode
  }
  const modes = new Map<string, boolean>()
  return endpoint => {
    if (endpoint.tlsMode !== 'istio') return 'disabled'
    const { namespace, labels } = endpoint
    const selective = facts.peerAuthentications.lookup(namespace).some(({ spec }) => spec.selector !== undefined)
    if (selective) return mtlsModeOf(facts, { namespace, labels }, endpoint.port) === 'DISABLE' ? 'disabled' : 'istio'
    let mutual = modes.get(namespace)
    if (mutual === undefined) {
      mutual = mtlsModeOf(facts, { namespace, labels }) !== 'DISABLE'
      modes.set(namespace, mutual)
    }
    return mutual ? 'istio' : 'disabled'
  }
}
