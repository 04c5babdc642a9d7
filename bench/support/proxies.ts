/**
 * The sidecars that join the benches' mesh. Each is a pod of one of the first services; proxies of one service and
 * namespace differ in name and address only, so that they ask for the same resources.
 */

import { readFileSync } from 'node:fs'
import { nodeFor } from '../../src/agent/bootstrap/node.ts'
import { lengthDelimited } from '../../src/platform/encoded-resource.ts'
import { loadProtos } from '../../src/platform/protobuf.ts'
import { type MeshSize, serviceName } from './mesh-files.ts'

export interface Proxy {
  readonly namespace: string
  readonly serviceAccount: string
  /** The first field of a DeltaDiscoveryRequest: put before its other fields. */
  readonly node: Uint8Array
}

/** Proxy `i` is a pod of service `i % shapes`. */
export function benchProxies(count: number, shapes: number, size: MeshSize): readonly Proxy[] {
  return Array.from({ length: count }, (_, i) => proxyOf(i, serviceName(i % shapes, size)))
}

function proxyOf(i: number, { name, namespace }: { name: string; namespace: string }): Proxy {
  const node = nodeFor({
    namespace,
    serviceAccount: 'default',
    workloadName: name,
    ips: [`10.200.${i >> 8}.${i & 255}`],
    labels: { app: name, 'security.istio.io/tlsMode': 'istio' },
    interceptionMode: 'REDIRECT',
    clusterId: 'Kubernetes',
    network: '',
    locality: undefined,
    unprivileged: false,
    agentVersion: '0.0.0',
    extraMetadata: {},
    healthPort: 15021,
    prometheusPort: 15090,
  })
  const message = nodeType.fromObject({ ...node, metadata: structOf(node.metadata), ...build })
  return {
    namespace,
    serviceAccount: 'default',
    node: lengthDelimited(1, Buffer.concat([nodeType.encode(message).finish(), extensions])),
  }
}

const nodeType = loadProtos(['envoy/config/core/v3/base.proto']).lookupType('envoy.config.core.v3.Node')

const build = {
  userAgentName: 'envoy',
  userAgentBuildVersion: {
    version: { majorNumber: 1, minorNumber: 40, patch: 0 },
    metadata: structOf({ 'revision.status': 'Clean', 'build.type': 'RELEASE', 'ssl.version': 'BoringSSL' }),
  },
}

/**
 * What a stock Envoy 1.40.0 says of itself: 516 extensions in 60 KB, once a stream. A line is a category, a name, and
 * the types of its configuration.
 */
const extensions = nodeType
  .encode(
    nodeType.fromObject({
      extensions: readFileSync(new URL('envoy-extensions.txt', import.meta.url), 'utf8')
        .trimEnd()
        .split('\n')
        .map(line => line.split(' '))
        .map(([category, name, ...typeUrls]) => ({ category, name, typeUrls })),
    }),
  )
  .finish()

function structOf(value: unknown): Record<string, unknown> {
  return { fields: Object.fromEntries(Object.entries(value as object).map(([key, item]) => [key, protoValue(item)])) }
}

function protoValue(value: unknown): Record<string, unknown> {
  if (typeof value === 'string') return { stringValue: value }
  if (typeof value === 'number') return { numberValue: value }
  return { structValue: structOf(value) }
}
