/** Where our verdict is not Istio's, and why: the whole list. A difference that is gone must go from here, too. */

export interface Difference {
  /** The id of a case of our table, or of an object of Istio's module; a pattern takes several. */
  readonly id: string | RegExp
  readonly ours: 'accepted' | 'refused'
  readonly reason: string
}

const protoJson =
  'proto JSON, by which files are read, takes snake_case, numbers of enums and numbers in quotes; only the API server does not'
const envoyRefuses =
  'Envoy refuses what comes of it, and every proxy concerned would be left with its last configuration'
const grpcProbe = "the API has probes by gRPC, and the agents run them; Istio's webhook does not know them"
const upperCase = 'the name of the object is in upper case, which an API server refuses before it asks the webhook'

export const differences: readonly Difference[] = [
  {
    id: 'AuthorizationPolicy: accepted neighbour of an excluded namespace is empty text',
    ours: 'accepted',
    reason: protoJson,
  },
  { id: 'DestinationRule: accepted neighbour of a Maglev table is not prime', ours: 'accepted', reason: protoJson },
  { id: 'DestinationRule: accepted neighbour of a share is above 100', ours: 'accepted', reason: protoJson },
  {
    id: /^(?:Gateway|Sidecar): refused when the lowest (?:version of TLS|TLS version) is above the highest$/,
    ours: 'refused',
    reason: envoyRefuses,
  },
  { id: 'PeerAuthentication: accepted neighbour of the mode is in lower case', ours: 'accepted', reason: protoJson },
  { id: 'PeerAuthentication: accepted neighbour of a port is out of range', ours: 'accepted', reason: protoJson },
  { id: 'RequestAuthentication: refused when the header of a token is none', ours: 'refused', reason: envoyRefuses },
  {
    id: 'RequestAuthentication: refused when the header of the payload is none',
    ours: 'refused',
    reason: envoyRefuses,
  },
  {
    id: 'Gateway: refused when the namespace of a host is none',
    ours: 'refused',
    reason: 'no namespace can have that name, so the server would be bound to by nobody',
  },
  {
    id: 'WorkloadGroup: refused when the address is none',
    ours: 'refused',
    reason: 'a WorkloadEntry made from it would be refused, by Istio too',
  },
  {
    id: 'WorkloadGroup: refused when a label is none',
    ours: 'refused',
    reason: 'a WorkloadEntry made from it would be refused, by Istio too',
  },
  {
    id: /^(?:WasmPlugin|TrafficExtension): refused when the place of the module is no URL$/,
    ours: 'refused',
    reason: 'nothing can be fetched from there',
  },
  { id: 'Telemetry: example 1', ours: 'accepted', reason: protoJson },
  {
    id: 'ProxyConfig: refused when the name of a variable is none',
    ours: 'refused',
    reason: 'no process can have a variable of that name',
  },
  {
    id: 'pkg/config/analysis/analyzers/testdata/gateway-secrets.yaml#3',
    ours: 'refused',
    reason: upperCase,
  },
  { id: 'tests/testdata/networking/ingress-gateway/configs.yaml#0', ours: 'refused', reason: upperCase },
  {
    id: /^EnvoyFilter: refused when it points at (?:what cannot be pointed at|a kind of another group)$/,
    ours: 'refused',
    reason: 'nothing could come of it; of every other kind the webhook refuses the same',
  },
  {
    id: /^EnvoyFilter: refused when (?:a field of the value is written in both ways|two fields of the value exclude each other|a duration of the value is one of Go)$/,
    ours: 'refused',
    reason: envoyRefuses,
  },
  {
    id: 'EnvoyFilter: accepted neighbour of the settings of a filter are text',
    ours: 'accepted',
    reason: 'an empty Any is sound proto JSON; what the filter then does is its own matter',
  },
  {
    id: 'EnvoyFilter: warned of when the type of a filter is of somebody else',
    ours: 'accepted',
    reason: 'an Envoy that others have built may well know the type',
  },
  {
    id: 'pkg/config/analysis/analyzers/testdata/envoy-filter-remove-operation.yaml#4',
    ours: 'accepted',
    reason: 'in proto JSON null is absent; only the API server tells them apart',
  },
  {
    id: 'Sidecar: refused when an address for no port is none',
    ours: 'refused',
    reason: envoyRefuses,
  },
  {
    id: 'VirtualService: refused when the code of a redirect is none',
    ours: 'refused',
    reason: 'Envoy redirects with 301, 302, 303, 307 and 308 only, and the route would be left out',
  },
  {
    id: 'VirtualService: refused when the caller has no such namespace',
    ours: 'refused',
    reason: 'no namespace can have that name, so no request would be taken',
  },
  {
    id: /^api\/networking\/v1alpha3\/virtual_service\.pb\.html#[89]$/,
    ours: 'refused',
    reason: 'the name of the namespace is in upper case, which no API server takes',
  },
  { id: 'api/networking/v1alpha3/virtual_service.pb.html#17', ours: 'accepted', reason: protoJson },
  { id: /^WorkloadGroup: (?:example \d+|accepted neighbour of .*)$/, ours: 'accepted', reason: grpcProbe },
]

/** Where Istio warns of an object and we do not. */
export const silences: readonly Omit<Difference, 'ours'>[] = [
  { id: /^EnvoyFilter: /, reason: 'Istio warns of the kind as such; ours says of the kind that it is not in force' },
]
