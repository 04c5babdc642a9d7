/**
 * A mesh as files of Kubernetes and Istio kinds: a file for each service with its EndpointSlice and its pods, and for the
 * one endpoint and the one route that the benches change a small file of its own.
 */

import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import path from 'node:path'

export interface MeshSize {
  readonly services: number
  readonly namespaces: number
}

export interface ServiceName {
  readonly name: string
  readonly namespace: string
}

export interface MeshFolder {
  /** To be given to `--config`. */
  readonly folder: string
  /** Renames a changed EndpointSlice of `changingService` into place; returns when, in ms since the epoch. */
  changeEndpoint(round: number): number
  /** Likewise a VirtualService of service 0, of which one header match changes. */
  changeRoute(round: number): number
}

export const endpointsPerService = 2

export function serviceName(service: number, { namespaces }: MeshSize): ServiceName {
  return { name: `app-${service}`, namespace: `ns-${service % namespaces}` }
}

/** Writes below `parent`, which must exist. */
export function writeMesh(parent: string, size: MeshSize): MeshFolder {
  const folder = path.join(parent, 'config')
  mkdirSync(folder)
  const changing = serviceName(size.services - 1, size)
  const put = (file: string, text: string): number => {
    writeFileSync(path.join(parent, file), text)
    const atMs = performance.timeOrigin + performance.now()
    renameSync(path.join(parent, file), path.join(folder, file))
    return atMs
  }
  for (let service = 0; service < size.services; service += 1) {
    const isChanging = service === size.services - 1
    put(`app-${service}.yaml`, serviceYaml(service, size, isChanging ? 'slice elsewhere' : 'with slice'))
  }
  const mesh: MeshFolder = {
    folder,
    changeEndpoint: round => put('endpoint.yaml', sliceYaml(changing, ['10.250.0.1', `10.251.0.${1 + (round % 200)}`])),
    changeRoute: round => put('route.yaml', routeYaml(serviceName(0, size), round)),
  }
  if (size.services > 0) {
    mesh.changeEndpoint(0)
    mesh.changeRoute(0)
  }
  return mesh
}

/** Addresses of the pods behind a service. */
export function podAddresses(service: number): readonly string[] {
  return Array.from({ length: endpointsPerService }, (_, i) => {
    const pod = service * endpointsPerService + i
    return `10.${10 + (pod >> 16)}.${(pod >> 8) & 255}.${pod & 255}`
  })
}

function serviceYaml(service: number, size: MeshSize, slice: 'with slice' | 'slice elsewhere'): string {
  const { name, namespace } = serviceName(service, size)
  const addresses = podAddresses(service)
  const service0 = `apiVersion: v1
kind: Service
metadata: { name: ${name}, namespace: ${namespace} }
spec:
  clusterIP: 172.${16 + (service >> 16)}.${(service >> 8) & 255}.${service & 255}
  selector: { app: ${name} }
  ports: [{ name: http, port: 80, targetPort: 8080 }]
`
  const pods = addresses.map(
    (address, i) => `apiVersion: v1
kind: Pod
metadata:
  name: ${name}-${i}
  namespace: ${namespace}
  labels: { app: ${name}, security.istio.io/tlsMode: istio }
spec: { serviceAccountName: default, containers: [{ name: app, ports: [{ containerPort: 8080 }] }] }
status: { phase: Running, podIP: ${address}, conditions: [{ type: Ready, status: "True" }] }
`,
  )
  const slices = slice === 'with slice' ? [sliceYaml({ name, namespace }, addresses)] : []
  return [service0, ...slices, ...pods].join('---\n')
}

function sliceYaml({ name, namespace }: ServiceName, addresses: readonly string[]): string {
  return `apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: ${name}-x1, namespace: ${namespace}, labels: { kubernetes.io/service-name: ${name} } }
addressType: IPv4
ports: [{ name: http, port: 8080 }]
endpoints:
${addresses.map(address => `  - { addresses: [${address}], conditions: { ready: true } }\n`).join('')}`
}

function routeYaml({ name, namespace }: ServiceName, round: number): string {
  return `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: ${name}, namespace: ${namespace} }
spec:
  hosts: [${name}.${namespace}.svc.cluster.local]
  http:
    - match: [{ headers: { x-round: { exact: "${round}" } } }]
      timeout: 1s
      route: [{ destination: { host: ${name}.${namespace}.svc.cluster.local } }]
    - route: [{ destination: { host: ${name}.${namespace}.svc.cluster.local } }]
`
}
