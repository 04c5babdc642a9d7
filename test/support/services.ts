/** Configuration of test workloads as data: what a user would write, without the repetition. */

import { testNamespace } from './agents.ts'

export interface TestService {
  readonly host: string
  /** Label `app` of the workloads behind it. */
  readonly app: string
  /** As in a ServiceEntry: `name: http, protocol: HTTP`. */
  readonly port: string
  readonly targetPort: number
}

/** A mesh-internal service on port 80. */
export function serviceEntry({ host, app, port, targetPort }: TestService): string {
  return `---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: ${host.replaceAll('.', '-')}, namespace: ${testNamespace} }
spec:
  hosts: [${host}]
  location: MESH_INTERNAL
  resolution: STATIC
  ports: [{ number: 80, ${port}, targetPort: ${targetPort} }]
  workloadSelector: { labels: { app: ${app} } }
`
}

/** `labels` beside `app`. */
export function workloadEntry(
  name: string,
  address: string,
  { serviceAccount = name, app = name, labels = '' }: { serviceAccount?: string; app?: string; labels?: string } = {},
): string {
  return `---
apiVersion: networking.istio.io/v1
kind: WorkloadEntry
metadata: { name: ${name}, namespace: ${testNamespace}, labels: { app: ${app}, ${labels} } }
spec: { address: ${address}, serviceAccount: ${serviceAccount}, labels: { app: ${app}, ${labels} } }
`
}

/** The Sidecar of a workload; `ingress` and `egress` as lists in YAML, `egress` nothing unless given. */
export function sidecar(
  app: string,
  { ingress, egress = '[{ hosts: ["~/*"] }]' }: { ingress?: string; egress?: string },
): string {
  return `---
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: { name: ${app}, namespace: ${testNamespace} }
spec:
  workloadSelector: { labels: { app: ${app} } }
${ingress === undefined ? '' : `  ingress: ${ingress}\n`}  egress: ${egress}
`
}

/** A resource of the mesh's own kinds with its spec in YAML flow style. */
export function policy(kind: 'AuthorizationPolicy' | 'PeerAuthentication', name: string, spec: string): string {
  return `---
apiVersion: security.istio.io/v1
kind: ${kind}
metadata: { name: ${name}, namespace: ${testNamespace} }
spec: ${spec}
`
}
