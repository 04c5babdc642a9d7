import { inside, type SettingsCase } from '../settings-cases.ts'

export const meshNetworksCases: readonly SettingsCase[] = [
  ...inside(
    'networks: {a: {endpoints: [{□}]}}',
    {
      rule: 'a range of addresses is none',
      refused: 'fromCidr: 10.0.0.0/33',
      accepted: 'from_cidr: 10.0.0.0/32',
      field: 'networks.a.endpoints[0].fromCidr',
    },
    {
      rule: 'a range of addresses is one address too few',
      refused: 'fromCidr: 10.0.0',
      accepted: 'fromCidr: 10.0.0.1',
      field: 'networks.a.endpoints[0].fromCidr',
    },
    {
      rule: 'the id of a cluster is none',
      refused: 'fromRegistry: a.b',
      accepted: 'fromRegistry: a-b',
      field: 'networks.a.endpoints[0].fromRegistry',
    },
    {
      rule: 'endpoints are named in two ways',
      refused: 'fromCidr: "fd00::/8", fromRegistry: a',
      accepted: 'fromCidr: "fd00::/8"',
      field: 'networks.a.endpoints[0].fromRegistry',
    },
    {
      rule: 'endpoints are not named',
      warns: true,
      refused: '',
      accepted: 'fromRegistry: Kubernetes',
      field: 'networks.a.endpoints[0]',
    },
  ),
  ...inside(
    'networks: {a: {gateways: [{□}]}}',
    {
      rule: 'the port of a gateway is missing',
      refused: 'address: 192.0.2.1',
      accepted: 'address: 192.0.2.1, port: 15443',
      field: 'networks.a.gateways[0].port',
    },
    {
      rule: 'the port of a gateway is none',
      refused: 'address: 192.0.2.1, port: 0',
      accepted: 'address: 192.0.2.1, port: "1"',
      field: 'networks.a.gateways[0].port',
    },
    {
      rule: 'the address of a gateway is none',
      refused: 'address: a_b, port: 1',
      accepted: 'address: a-b, port: 1',
      field: 'networks.a.gateways[0].address',
    },
    {
      rule: 'the service of a gateway is no host',
      refused: 'registryServiceName: "*.a", port: 1',
      accepted: 'registryServiceName: b.a, port: 1',
      field: 'networks.a.gateways[0].registryServiceName',
    },
    {
      rule: 'a gateway is at two places',
      refused: 'address: 192.0.2.1, registryServiceName: a.b, port: 1',
      accepted: 'address: 192.0.2.1, port: 1',
      field: 'networks.a.gateways[0].registryServiceName',
    },
    {
      rule: 'a gateway leads nowhere',
      warns: true,
      refused: 'port: 1',
      accepted: 'address: 192.0.2.1, port: 1',
      field: 'networks.a.gateways[0]',
    },
  ),
  {
    rule: 'a network has no name',
    refused: 'networks: {"": {}}',
    accepted: 'networks: {a: {}}',
    field: 'networks',
  },
  {
    rule: 'ranges of two networks overlap',
    warns: true,
    refused: 'networks: {a: {endpoints: [{fromCidr: 10.0.0.0/8}]}, b: {endpoints: [{fromCidr: 10.1.0.0/16}]}}',
    accepted:
      'networks: {a: {endpoints: [{fromCidr: 10.0.0.0/16}]}, b: {endpoints: [{fromCidr: 10.1.0.0/16}, {fromCidr: "fd00::/8"}]}}',
    field: 'networks.b.endpoints[0].fromCidr',
  },
  {
    rule: 'a cluster is of two networks',
    warns: true,
    refused: 'networks: {a: {endpoints: [{fromRegistry: c}]}, b: {endpoints: [{fromRegistry: c}]}}',
    accepted: 'networks: {a: {endpoints: [{fromRegistry: c}]}, b: {endpoints: [{fromRegistry: d}]}}',
    field: 'networks.b.endpoints[0].fromRegistry',
  },
  {
    rule: 'a key is misspelt',
    warns: true,
    refused: 'networks: {a: {endpoint: []}}',
    accepted: 'networks: {a: {endpoints: []}}',
    field: 'networks.a.endpoint',
  },
]
