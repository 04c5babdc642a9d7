/** networking.istio.io Sidecar: which listeners a workload's proxy opens and which services it knows. */

import { enumeration, list, message, optional, text, uint32, type Value } from '../schema/fields.ts'
import { connectionPool } from './connection-pool.ts'
import { destination } from './destination.ts'
import { defineKind } from './kind.ts'
import { serverTls } from './server-tls.ts'
import { checkSidecar } from './sidecar-rules.ts'
import { labelsSelector } from './workload-selector.ts'

const port = message({
  /** 0 or absent: a Unix socket, on egress listeners. */
  number: optional(uint32()),
  protocol: optional(text(32)),
  name: optional(text(63)),
  targetPort: optional(uint32()),
})

const captureMode = () => enumeration({ DEFAULT: 0, IPTABLES: 1, NONE: 2 })

const ingress = message({
  port,
  bind: optional(text(255)),
  captureMode: optional(captureMode()),
  /** `127.0.0.1:PORT`, `0.0.0.0:PORT`, `[::1]:PORT`, `[::]:PORT`, `:PORT` or `unix://PATH`. */
  defaultEndpoint: optional(text(512)),
  tls: optional(serverTls),
  connectionPool: optional(connectionPool),
})

const egress = message({
  port: optional(port),
  bind: optional(text(255)),
  captureMode: optional(captureMode()),
  /** `namespace/host`. */
  hosts: list(text(512)),
})

const outboundTrafficPolicy = message({
  mode: optional(enumeration({ REGISTRY_ONLY: 0, ALLOW_ANY: 1, ALLOW_ANY_DYNAMIC_DNS: 2 })),
  egressProxy: optional(destination),
})

const spec = message({
  workloadSelector: optional(labelsSelector),
  ingress: optional(list(ingress, 1000)),
  egress: optional(list(egress, 1000)),
  inboundConnectionPool: optional(connectionPool),
  outboundTrafficPolicy: optional(outboundTrafficPolicy),
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
