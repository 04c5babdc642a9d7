import { casesOf, type RuleTable } from '../rule-cases.ts'

const entry = (rest: string): string =>
  `spec: {hosts: [a.mesh], ports: [{number: 80, name: http, protocol: HTTP}], ${rest}}`

export const serviceEntryRules: RuleTable = {
  kind: 'ServiceEntry',
  examples: [
    'spec: {hosts: [a.mesh], location: MESH_INTERNAL, resolution: STATIC, subjectAltNames: [a], ports: [{number: 80, name: http, protocol: HTTP, targetPort: 81}], endpoints: [{address: 10.0.0.1, labels: {a: b}, locality: r/z, serviceAccount: a, weight: 2}]}',
  ],
  apiVersion: 'networking.istio.io/v1',
  cases: [
    {
      rule: 'a TCP port has no address',
      refused: 'spec: {hosts: [a.example], ports: [{number: 1, name: a, protocol: TCP}], resolution: DNS}',
      accepted: 'spec: {hosts: [a.example], ports: [{number: 1, name: a, protocol: HTTP}], resolution: DNS}',
      field: 'spec.ports[0]',
      warns: true,
    },
    { rule: 'there is no spec', refused: '', accepted: 'spec: {hosts: [a.mesh]}', field: 'spec.hosts' },
    { rule: 'hosts are missing', refused: 'spec: {}', accepted: 'spec: {hosts: [a.mesh]}', field: 'spec.hosts' },
    { rule: 'hosts are empty', refused: 'spec: {hosts: []}', accepted: 'spec: {hosts: [a.mesh]}', field: 'spec.hosts' },
    {
      rule: 'a host is the full wildcard',
      refused: 'spec: {hosts: ["*"]}',
      accepted: 'spec: {hosts: ["*.a.mesh"]}',
      field: 'spec.hosts[0]',
    },
    {
      rule: 'a host is an address',
      refused: 'spec: {hosts: [1.2.3.4]}',
      accepted: 'spec: {hosts: [1.2.3.four]}',
      field: 'spec.hosts[0]',
    },
    {
      rule: 'a host has an illegal character',
      refused: 'spec: {hosts: [a, a_b.mesh]}',
      accepted: 'spec: {hosts: [a, a-b.mesh.]}',
      field: 'spec.hosts[1]',
    },
    {
      rule: 'a port is out of range',
      refused: 'spec: {hosts: [a], ports: [{number: 0, name: a}]}',
      accepted: 'spec: {hosts: [a], ports: [{number: 65535, name: a}]}',
      field: 'spec.ports[0].number',
    },
    {
      rule: 'a port has no name',
      refused: 'spec: {hosts: [a], ports: [{number: 1}]}',
      accepted: 'spec: {hosts: [a], ports: [{number: 1, name: a}]}',
      field: 'spec.ports[0].name',
    },
    {
      rule: 'two ports have one name',
      refused: 'spec: {hosts: [a], ports: [{number: 1, name: a}, {number: 2, name: a}]}',
      accepted: 'spec: {hosts: [a], ports: [{number: 1, name: a}, {number: 2, name: b}]}',
      field: 'spec.ports[1].name',
    },
    {
      rule: 'two ports have one number',
      refused: 'spec: {hosts: [a], ports: [{number: 1, name: a}, {number: 1, name: b}]}',
      accepted: 'spec: {hosts: [a], ports: [{number: 1, name: a}, {number: 2, name: b}]}',
      field: 'spec.ports[1].number',
    },
    {
      rule: 'a protocol is unknown',
      refused: 'spec: {hosts: [a], ports: [{number: 1, name: a, protocol: HTTP/2}]}',
      accepted: 'spec: {hosts: [a], ports: [{number: 1, name: a, protocol: http2}]}',
      field: 'spec.ports[0].protocol',
    },
    {
      rule: 'an address is none',
      refused: entry('addresses: [10.0.0]'),
      accepted: entry('addresses: [10.0.0.0/24, 10.0.0.1, "fd00::1"]'),
      field: 'spec.addresses[0]',
    },
    {
      rule: 'a CIDR range meets DNS',
      refused: entry('resolution: DNS, addresses: [10.0.0.0/24]'),
      accepted: entry('resolution: DNS, addresses: [10.0.0.1]'),
      field: 'spec.addresses[0]',
    },
    {
      rule: 'NONE has endpoints',
      refused: entry('endpoints: [{address: 10.0.0.1}]'),
      accepted: entry('resolution: STATIC, endpoints: [{address: 10.0.0.1}]'),
      field: 'spec.endpoints',
    },
    {
      rule: 'STATIC has a host name as endpoint',
      refused: entry('resolution: STATIC, endpoints: [{address: b.mesh}]'),
      accepted: entry('resolution: DNS, endpoints: [{address: b.mesh}]'),
      field: 'spec.endpoints[0].address',
    },
    {
      rule: 'DNS has a Unix socket as endpoint',
      refused: entry('resolution: DNS, endpoints: [{address: "unix:///a"}]'),
      accepted: entry('resolution: STATIC, endpoints: [{address: "unix:///a"}]'),
      field: 'spec.endpoints[0].address',
    },
    {
      rule: 'a Unix socket is relative',
      refused: entry('resolution: STATIC, endpoints: [{address: "unix://a"}]'),
      accepted: entry('resolution: STATIC, endpoints: [{address: "unix://@a"}]'),
      field: 'spec.endpoints[0].address',
    },
    {
      rule: 'DNS has a wildcard host and no endpoints',
      refused: 'spec: {hosts: ["*.a"], resolution: DNS}',
      accepted: 'spec: {hosts: ["*.a"], resolution: DNS, endpoints: [{address: b}]}',
      field: 'spec.hosts[0]',
    },
    {
      rule: 'DNS_ROUND_ROBIN has two endpoints',
      refused: entry('resolution: DNS_ROUND_ROBIN, endpoints: [{address: b}, {address: c}]'),
      accepted: entry('resolution: DNS, endpoints: [{address: b}, {address: c}]'),
      field: 'spec.endpoints[1]',
    },
    {
      rule: 'an endpoint names a port that the service does not have',
      refused: entry('resolution: STATIC, endpoints: [{address: 10.0.0.1, ports: {grpc: 80}}]'),
      accepted: entry('resolution: STATIC, endpoints: [{address: 10.0.0.1, ports: {http: 80}}]'),
      field: 'spec.endpoints[0].ports.grpc',
    },
    {
      rule: 'endpoints stand beside a selector',
      refused: entry('resolution: STATIC, endpoints: [], workloadSelector: {labels: {a: b}}'),
      accepted: entry('resolution: STATIC, workloadSelector: {labels: {a: b}}'),
      field: 'spec.workloadSelector',
    },
    {
      rule: 'several hosts share a TCP port',
      refused: 'spec: {hosts: [a, b], resolution: DNS, ports: [{number: 1, name: a, protocol: TCP}]}',
      accepted: 'spec: {hosts: [a, b], resolution: DNS, ports: [{number: 1, name: a, protocol: TLS}]}',
      field: 'spec.ports[0].protocol',
    },
    {
      rule: 'it is exported to everyone and someone',
      refused: entry('exportTo: ["*", b]'),
      accepted: entry('exportTo: [".", b]'),
      field: 'spec.exportTo',
    },
    {
      rule: 'it is exported to its own namespace twice',
      refused: entry('exportTo: [".", ns]'),
      accepted: entry('exportTo: ["~"]'),
      field: 'spec.exportTo[1]',
    },
    ...casesOf(
      'spec: {hosts: ["*.mesh"], resolution: DYNAMIC_DNS, □}',
      {
        rule: 'what goes by the host has addresses',
        refused: 'addresses: [10.0.0.1], ports: [{number: 80, name: http, protocol: HTTP}]',
        accepted: 'ports: [{number: 80, name: http, protocol: HTTP}]',
        field: 'spec.addresses',
      },
      {
        rule: 'what goes by the host has endpoints',
        refused: 'endpoints: [{address: 10.0.0.1}], ports: [{number: 80, name: http, protocol: HTTP}]',
        accepted: 'ports: [{number: 80, name: http, protocol: HTTP}]',
        field: 'spec.endpoints',
      },
      {
        rule: 'what goes by the host does not say it',
        refused: 'ports: [{number: 443, name: https, protocol: HTTPS}]',
        accepted: 'ports: [{number: 443, name: tls, protocol: TLS}]',
        field: 'spec.ports[0].protocol',
      },
    ),
    ...casesOf(
      'spec: {hosts: [a.mesh], ports: [{number: 80, name: http, protocol: HTTP}], □}',
      {
        rule: 'a selector meets no resolution',
        warns: true,
        refused: 'workloadSelector: {labels: {a: b}}',
        accepted: 'resolution: STATIC, workloadSelector: {labels: {a: b}}',
        field: 'spec.workloadSelector',
      },
      {
        rule: 'one host is looked up like many',
        refused: 'resolution: DYNAMIC_DNS',
        accepted: 'resolution: DNS',
        field: 'spec.resolution',
      },
      {
        rule: 'a socket is looked up',
        refused: 'resolution: DNS, endpoints: [{address: unix:///a}]',
        accepted: 'resolution: STATIC, endpoints: [{address: unix:///a}]',
        field: 'spec.endpoints[0].address',
      },
      {
        rule: 'what is looked up has no address',
        refused: 'resolution: DNS, endpoints: [{network: n}]',
        accepted: 'resolution: STATIC, endpoints: [{network: n}]',
        field: 'spec.endpoints[0].address',
      },
    ),
    ...casesOf('spec: {hosts: [□], ports: [{number: 80, name: http, protocol: HTTP}]}', {
      rule: 'a wildcard is inside a label',
      warns: true,
      refused: '"*a.mesh"',
      accepted: '"*.a.mesh"',
      field: 'spec.hosts[0]',
    }),
    ...casesOf(
      'spec: {hosts: [a.mesh], ports: [{number: 80, protocol: HTTP, □}]}',
      { rule: 'the name of a port is none', refused: 'name: a_b', accepted: 'name: a-b', field: 'spec.ports[0].name' },
      {
        rule: 'a target has no effect',
        warns: true,
        refused: 'name: a, targetPort: 81',
        accepted: 'name: a',
        field: 'spec.ports[0].targetPort',
      },
    ),
    ...casesOf(
      'spec: {hosts: [a.mesh], resolution: STATIC, endpoints: [{address: unix:///a}], ports: [{number: 80, name: a, protocol: HTTP}□]}',
      {
        rule: 'a socket serves two ports',
        refused: ', {number: 81, name: b, protocol: HTTP}',
        accepted: '',
        field: 'spec.endpoints[0].address',
      },
    ),
  ],
}
