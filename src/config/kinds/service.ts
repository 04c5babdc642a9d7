/** Kubernetes Service: a name, its ports and the pods behind it. */

import { bool, field, int32, intOrText, list, map, optional, structure, text, type Value } from '../schema/fields.ts'
import { isHostname, isIpAddress, isPort } from './host-syntax.ts'
import { defineKind, type Report } from './kind.ts'

const port = structure({
  name: field('Unique within the service; its first part may name the protocol: `http-web`.', optional(text(63))),
  port: field('The port that clients call.', int32()),
  targetPort: field("The pods' port: a number, or the name of a container's port.", optional(intOrText()), {
    default: '`port`',
  }),
  protocol: field('`TCP`, `UDP` or `SCTP`.', optional(text(16)), { default: '`TCP`' }),
  appProtocol: field('What it speaks: `http`, `grpc`, `kubernetes.io/h2c` …', optional(text(253)), {
    default: "by the port's name, else by looking at the traffic",
  }),
  nodePort: field('The port on every node, for clients outside the mesh; the mesh does not use it.', optional(int32())),
})

const spec = structure({
  type: field('`ClusterIP`, `NodePort`, `LoadBalancer` or `ExternalName`.', optional(text(32)), {
    default: '`ClusterIP`',
  }),
  clusterIP: field('The address that clients call; `None` makes the service headless.', optional(text(64))),
  clusterIPs: field('The addresses of both families.', optional(list(text(64), 8)), { default: '`clusterIP`' }),
  externalName: field('The host that an `ExternalName` stands for.', optional(text(255))),
  selector: field('Labels that the pods behind it must all have.', optional(map(text(63), 'label')), {
    default: 'only EndpointSlices say what is behind it',
  }),
  ports: field('The ports of the service.', optional(list(port, 1000))),
  publishNotReadyAddresses: field('Whether pods are called that are not ready.', optional(bool()), {
    default: 'false',
    notInForce: 'they are not, unless their EndpointSlice says ready',
    notInForceIf: published => published,
  }),
  internalTrafficPolicy: field('`Cluster`, or `Local` for endpoints on the own node.', optional(text(16)), {
    default: '`Cluster`',
    notInForce: 'endpoints of every node are used alike',
    notInForceIf: policy => policy === 'Local',
  }),
  trafficDistribution: field('A preference for near endpoints.', optional(text(64)), {
    notInForce: 'endpoints of every zone are used alike',
  }),
  sessionAffinity: field('`ClientIP` or `None`.', optional(text(16)), {
    default: '`None`',
    notInForce: 'a DestinationRule with `consistentHash.useSourceIp` says it for the mesh',
    notInForceIf: affinity => affinity === 'ClientIP',
  }),
})

export type ServiceSpec = Value<typeof spec>
export type ServicePort = Value<typeof port>

export const service = defineKind({
  name: 'Service',
  description: 'A service in Kubernetes: its name, its ports and the pods behind it.',
  plural: 'services',
  shortNames: ['svc'],
  group: '',
  versions: ['v1'],
  scope: 'namespaced',
  body: 'spec',
  spec,
  check({ spec }, report) {
    const type = spec.type ?? 'ClusterIP'
    if (!serviceTypes.has(type))
      report.error('spec.type', `${type} is not a type of service`, `use one of ${[...serviceTypes].join(', ')}`)
    if (type === 'ExternalName' && !isHostname(spec.externalName ?? '')) {
      report.error(
        'spec.externalName',
        `'${spec.externalName ?? ''}' is not a host name`,
        'name the host that the service stands for',
      )
    }
    for (const [field, address] of clusterAddresses(spec)) {
      if (address !== '' && address !== 'None' && !isIpAddress(address))
        report.error(field, `${address} is not an IP address`, 'use an IP address or None')
    }
    checkPorts(spec.ports ?? [], report)
  },
})

const serviceTypes: ReadonlySet<string> = new Set(['ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName'])
const transports: ReadonlySet<string> = new Set(['TCP', 'UDP', 'SCTP'])

function clusterAddresses(spec: ServiceSpec): readonly (readonly [string, string])[] {
  return [
    ['spec.clusterIP', spec.clusterIP ?? ''] as const,
    ...(spec.clusterIPs ?? []).map((address, index) => [`spec.clusterIPs[${index}]`, address] as const),
  ]
}

function checkPorts(ports: readonly ServicePort[], report: Report): void {
  const names = new Set<string>()
  const numbers = new Set<string>()
  for (const [index, port] of ports.entries()) {
    const field = `spec.ports[${index}]`
    const transport = port.protocol ?? 'TCP'
    const name = port.name ?? ''
    if (!isPort(port.port)) report.error(`${field}.port`, `${port.port} is not a port`, 'use 1 to 65535')
    if (typeof port.targetPort === 'number' && !isPort(port.targetPort))
      report.error(`${field}.targetPort`, `${port.targetPort} is not a port`, 'use 1 to 65535')
    if (!transports.has(transport))
      report.error(
        `${field}.protocol`,
        `${transport} is not a transport protocol`,
        'use TCP, UDP or SCTP; the application protocol belongs in appProtocol or the name',
      )
    if (name === '' && ports.length > 1)
      report.error(`${field}.name`, 'is required where there are several ports', 'name each port')
    if (name !== '' && names.has(name))
      report.error(`${field}.name`, `there is a port ${name} already`, 'give each port its own name')
    if (numbers.has(`${port.port}/${transport}`))
      report.error(`${field}.port`, `port ${port.port}/${transport} is there already`, 'give each port its own number')
    names.add(name)
    numbers.add(`${port.port}/${transport}`)
  }
}
