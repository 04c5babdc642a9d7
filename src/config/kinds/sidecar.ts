/** networking.istio.io Sidecar: which listeners a workload's proxy opens and which services it knows. */

import {
  enumeration,
  field,
  list,
  message,
  optional,
  requiredList,
  text,
  uint32,
  type Value,
} from '../schema/fields.ts'
import { connectionPool } from './connection-pool.ts'
import { destination } from './destination.ts'
import { defineKind } from './kind.ts'
import { serverTls } from './server-tls.ts'
import { checkSidecar } from './sidecar-rules.ts'
import { labelsSelector } from './workload-selector.ts'

const port = message({
  number: field('The port; 0 or none on an egress listener that binds a Unix socket.', optional(uint32())),
  protocol: field('What it speaks, as in a ServiceEntry.', optional(text(256)), {
    default: "by the port's name, else by looking at the traffic",
  }),
  name: field('A name for it.', optional(text(63))),
  targetPort: field('Has no meaning here, so a value is refused.', optional(uint32()), {
    deprecated: 'use `defaultEndpoint`',
  }),
})

const captureMode = (what: string) =>
  field(
    `How ${what} reach the listener: by redirection (\`IPTABLES\`), or by calling it (\`NONE\`).`,
    optional(enumeration({ DEFAULT: 0, IPTABLES: 1, NONE: 2 })),
    { default: '`DEFAULT`: as the workload is set up' },
  )

const ingress = message({
  port: field('The port that clients call.', port),
  bind: field('The address that the listener is bound to.', optional(text(255)), {
    default: "the workload's own; every address where calls are redirected",
  }),
  captureMode: captureMode('calls'),
  defaultEndpoint: field(
    'Where the workload listens: `127.0.0.1:PORT`, `0.0.0.0:PORT`, `[::1]:PORT`, `[::]:PORT`, `:PORT` or `unix:///PATH`.',
    optional(text(512)),
    { default: 'the same port on the address that was called' },
  ),
  tls: field('TLS of your own on the port, in place of that of the mesh.', optional(serverTls), {
    notInForce: 'the port takes what PeerAuthentications say',
  }),
  connectionPool: field('How many connections and requests the workload is given.', optional(connectionPool), {
    default: '`inboundConnectionPool`',
    since: '1.20',
    notInForce: 'there is no limit',
  }),
})

const egress = message({
  port: field('The port that the listener is for.', optional(port), {
    default: 'every port of the services that no listener before is for',
  }),
  bind: field('The address, or `unix:///PATH`, that the listener is bound to.', optional(text(255)), {
    default: "the service's address where calls are redirected, else the loopback address",
  }),
  captureMode: captureMode("the workload's calls"),
  hosts: field(
    'Services as `NAMESPACE/HOST`: the namespace may be `.` (its own) or `*` (any), the host a wildcard. With a `~` before it, it is excluded from all the others; `~/*` leaves nothing.',
    requiredList(text(512)),
  ),
})

const outboundTrafficPolicy = message({
  mode: field(
    '`REGISTRY_ONLY` refuses hosts that no service has, `ALLOW_ANY` lets calls to them through.',
    optional(enumeration({ REGISTRY_ONLY: 0, ALLOW_ANY: 1, ALLOW_ANY_DYNAMIC_DNS: 2 })),
    { default: "the mesh's `outboundTrafficPolicy`" },
  ),
  egressProxy: field('A service that calls to unknown hosts are sent to.', optional(destination), {
    default: 'they go where the client has connected to',
    notInForce: 'they go where the client has connected to',
  }),
})

const spec = message({
  workloadSelector: field('The workloads that the Sidecar is for.', optional(labelsSelector), {
    default: 'every workload of the namespace; in the root namespace of every namespace that has none',
  }),
  ingress: field('Ports of the workload that take calls.', optional(list(ingress, 1000)), {
    default: 'those of the services that select the workload',
  }),
  egress: field('Services that the workload calls.', optional(list(egress, 1000)), {
    default: 'every service that is exported to the namespace',
  }),
  inboundConnectionPool: field('How many connections and requests the workload is given.', optional(connectionPool), {
    since: '1.20',
    notInForce: 'there is no limit',
  }),
  outboundTrafficPolicy: field('What becomes of calls to hosts that no service has.', optional(outboundTrafficPolicy)),
})

export type SidecarSpec = Value<typeof spec>
export type SidecarPort = Value<typeof port>
export type IngressListener = Value<typeof ingress>
export type EgressListener = Value<typeof egress>

export const sidecar = defineKind({
  name: 'Sidecar',
  description:
    'Which services the proxies of workloads know, which listeners they open, and where unknown destinations go.',
  plural: 'sidecars',
  shortNames: [],
  group: 'networking.istio.io',
  versions: ['v1', 'v1beta1', 'v1alpha3'],
  scope: 'namespaced',
  body: 'spec',
  spec,
  check: ({ spec, metadata }, report) => checkSidecar(spec, metadata.namespace, report),
})
