/** Which endpoints a client speaks mutual TLS to when no DestinationRule says so: those with a sidecar that takes it. */

import { isEmptySelector } from '../../config/meaning/selector.ts'
import type { Endpoint } from '../../discovery/endpoint.ts'
import type { TrackedFacts } from '../../discovery/facts.ts'
import { type MtlsMode, mtlsModeOf, namespaceMtlsMode } from '../../discovery/peer-authentication.ts'
import { meshOf } from '../../discovery/sources.ts'
import type { OutboundSeed } from '../outbound-names.ts'
import { effectivePolicy } from '../traffic-policy.ts'

/** A function of the endpoint. Cost: one policy look-up per namespace, and per endpoint only where policies select workloads. */
export function tlsModeChooser(
  facts: TrackedFacts,
  { rule, port, subset }: OutboundSeed,
): (endpoint: Endpoint) => Endpoint['tlsMode'] {
  const ofSubset = rule?.subsets.find(({ name }) => name === subset)?.trafficPolicy
  const ruled = effectivePolicy(port, [rule?.trafficPolicy, ofSubset]).tls
  if (ruled !== undefined) {
    const mode = ruled.mode === 'ISTIO_MUTUAL' ? 'istio' : 'disabled'
    return () => mode
  }
  const { rootNamespace } = meshOf(facts)
  const selecting = (namespace: string): boolean =>
    facts.peerAuthentications.lookup(namespace).some(({ spec }) => !isEmptySelector(spec.selector?.matchLabels))
  const byNamespace = new Map<string, Endpoint['tlsMode'] | 'by-endpoint'>()
  return ({ tlsMode, namespace, labels, port: workloadPort }) => {
    if (tlsMode !== 'istio') return 'disabled'
    let mode = byNamespace.get(namespace)
    if (mode === undefined) {
      mode =
        selecting(namespace) || selecting(rootNamespace)
          ? 'by-endpoint'
          : tlsModeFrom(namespaceMtlsMode(facts, namespace))
      byNamespace.set(namespace, mode)
    }
    return mode === 'by-endpoint' ? tlsModeFrom(mtlsModeOf(facts, { namespace, labels }, workloadPort)) : mode
  }
}

function tlsModeFrom(mode: MtlsMode): Endpoint['tlsMode'] {
  return mode === 'DISABLE' ? 'disabled' : 'istio'
}
