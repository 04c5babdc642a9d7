/** Which check of which kind reads what: the one place that joins the indexes and the checks. */

import type { Collection, Graph, Source } from '../../graph/graph.ts'
import type { ObjectOf } from '../kinds/catalogue.ts'
import type { KindName } from '../object.ts'
import { deriveCredentials } from './credentials.ts'
import { destinationRuleFindings } from './destination-rule.ts'
import { envoyFilterFindings } from './envoy-filter.ts'
import type { Finding } from './finding.ts'
import { gatewayConflicts, serverTerms } from './gateway-conflicts.ts'
import { deriveRouteRivals, deriveRuleRivals } from './host-rivals.ts'
import { ingressFindings } from './ingress.ts'
import { lonePolicyFindings, loneTerms, moduleCredentials, policyFindings, type SelectingPolicy } from './policies.ts'
import { providerFindings } from './providers.ts'
import type { ReferenceSources } from './reference-sources.ts'
import { selectorFindings, selectorKey, selectorText } from './selectors.ts'
import { deriveServedHosts } from './served-hosts.ts'
import { deriveAccounts } from './service-accounts.ts'
import { deriveShadowedRoutes } from './shadowed-routes.ts'
import { sidecarFindings } from './sidecar.ts'
import { gatewayCredentials } from './tls-credentials.ts'
import { delegatesOf, isForMesh, virtualServiceFindings } from './virtual-service.ts'
import { workloadEntryFindings, workloadGroupFindings } from './workload-entry.ts'
import { deriveWorkloadLabels } from './workload-labels.ts'

export interface FindingInputs {
  readonly sources: ReferenceSources
  readonly domain: string
  /** A host as an object of a namespace writes it, as the one that it means. */
  qualify(host: string, namespace: string): string
}

/** By `Kind/objectKey`; absent where there is nothing to say. */
export function deriveFindings(
  graph: Graph,
  { sources, domain, qualify }: FindingInputs,
): Collection<readonly Finding[]> {
  const { mesh, objects } = sources
  const hosts = deriveServedHosts(graph, { sources, domain })
  const workloads = deriveWorkloadLabels(graph, sources)
  const rulesByHost = objects.DestinationRule.index('host', ({ metadata, spec }) => [
    qualify(spec.host, metadata.namespace),
  ])
  const routesByHost = objects.VirtualService.index('host', object =>
    isForMesh(object) ? (object.spec.hosts ?? []).map(host => qualify(host, object.metadata.namespace)) : [],
  )
  const delegators = objects.VirtualService.index('delegates', delegatesOf)
  const credentials = deriveCredentials(graph, sources)
  const accounts = deriveAccounts(graph, sources)
  const routeRivals = deriveRouteRivals(graph, { mesh, routesByHost })
  const ruleRivals = deriveRuleRivals(graph, rulesByHost)
  const shadowedRoutes = deriveShadowedRoutes(graph, objects.VirtualService, domain)
  const hostReads = { mesh, hostsByName: hosts.byName, hostsByPattern: hosts.byPattern, rulesByHost }
  const targetReads = { services: objects.Service, serviceEntries: objects.ServiceEntry }
  const workloadReads = { mesh, labelSets: workloads.byLabel, workloadsKnown: workloads.known }

  const perObject = <K extends KindName>(kind: K) => {
    // A source of one kind, whose key within all findings begins with the kind.
    const from = objects[kind] as unknown as Source<ObjectOf<K>>
    return { name: `${kind} references`, from }
  }
  const told = (kind: KindName, key: string, findings: readonly Finding[]) =>
    findings.length === 0 ? [] : [[`${kind}/${key}`, findings] as const]

  return graph.union('findings', [
    graph.deriveMany({
      ...perObject('VirtualService'),
      reads: {
        ...hostReads,
        virtualServices: objects.VirtualService,
        gateways: objects.Gateway,
        routeRivals,
        delegators,
        shadowedRoutes,
      },
      map: (object, key, reads) => told('VirtualService', key, virtualServiceFindings(object, reads, domain)),
    }),
    graph.deriveMany({
      ...perObject('DestinationRule'),
      reads: { ...hostReads, ...workloadReads, ...credentials, ruleRivals },
      map: (object, key, reads) => told('DestinationRule', key, destinationRuleFindings(object, reads, domain)),
    }),
    graph.deriveMany({
      ...perObject('Sidecar'),
      reads: {
        ...hostReads,
        ...workloadReads,
        hostsByNamespace: hosts.byNamespace,
        sidecarsBySelector: objects.Sidecar.index('selector', ({ metadata, spec }) => [
          selectorKey(metadata.namespace, selectorText(spec.workloadSelector?.labels)),
        ]),
      },
      map: (object, key, reads) => told('Sidecar', key, sidecarFindings(object, reads, domain)),
    }),
    graph.deriveMany({
      ...perObject('WorkloadEntry'),
      reads: { hostsBySelector: hosts.bySelector, ...accounts },
      map: (object, key, reads) => told('WorkloadEntry', key, workloadEntryFindings(object, reads)),
    }),
    graph.deriveMany({
      ...perObject('WorkloadGroup'),
      reads: { hostsBySelector: hosts.bySelector, ...accounts },
      map: (object, key, reads) => told('WorkloadGroup', key, workloadGroupFindings(object, reads)),
    }),
    graph.deriveMany({
      ...perObject('EnvoyFilter'),
      reads: { ...hostReads, ...workloadReads, ...targetReads, gateways: objects.Gateway },
      map: (object, key, reads) => told('EnvoyFilter', key, envoyFilterFindings(object, reads)),
    }),
    graph.deriveMany({
      ...perObject('Ingress'),
      reads: { services: objects.Service, ...credentials },
      map: (object, key, reads) => told('Ingress', key, ingressFindings(object, reads)),
    }),
    graph.deriveMany({
      ...perObject('ServiceEntry'),
      reads: workloadReads,
      map(object, key, reads) {
        const labels = object.spec.workloadSelector?.labels
        const at = { field: 'spec.workloadSelector.labels', labels, reach: 'own namespace' } as const
        return told('ServiceEntry', key, selectorFindings(object, at, reads))
      },
    }),
    ...policies.map(kind =>
      graph.deriveMany({
        ...perObject(kind),
        reads: { ...workloadReads, ...targetReads },
        map: (object, key, reads) =>
          told(kind, key, [...policyFindings(object, reads), ...providerFindings(object, reads)]),
      }),
    ),
    graph.deriveMany({
      ...perObject('WasmPlugin'),
      reads: { ...workloadReads, ...targetReads, ...credentials },
      map: (object, key, reads) =>
        told('WasmPlugin', key, [
          ...policyFindings(object, reads),
          ...moduleCredentials(object, { module: object.spec, field: 'spec' }, reads),
        ]),
    }),
    graph.deriveMany({
      ...perObject('TrafficExtension'),
      reads: { ...workloadReads, ...targetReads, ...credentials },
      map: (object, key, reads) =>
        told('TrafficExtension', key, [
          ...policyFindings(object, reads),
          ...moduleCredentials(object, { module: object.spec.wasm, field: 'spec.wasm' }, reads),
        ]),
    }),
    ...lonePolicies.map(kind =>
      graph.deriveMany({
        ...perObject(kind),
        reads: {
          ...workloadReads,
          ...targetReads,
          bySelector: (objects[kind] as unknown as Source<SelectingPolicy>).index('selector', loneTerms),
        },
        map: (object, key, reads) =>
          told(kind, key, [
            ...policyFindings(object, reads),
            ...providerFindings(object, reads),
            ...lonePolicyFindings(object, reads.bySelector),
          ]),
      }),
    ),
    graph.deriveMany({
      ...perObject('Gateway'),
      reads: { ...workloadReads, ...credentials, gatewaysByServer: objects.Gateway.index('server', serverTerms) },
      map(object, key, reads) {
        const at = { field: 'spec.selector', labels: object.spec.selector, reach: 'everywhere' } as const
        return told('Gateway', key, [
          ...selectorFindings(object, at, reads),
          ...gatewayCredentials(object, reads),
          ...gatewayConflicts(object, reads),
        ])
      },
    }),
  ])
}

/** Kinds that select workloads by label or hang on a service, any number of them on one workload. */
const policies = ['AuthorizationPolicy', 'RequestAuthentication'] as const

/** The same of those of which one counts for a selector. */
const lonePolicies = ['PeerAuthentication', 'ProxyConfig', 'Telemetry'] as const
