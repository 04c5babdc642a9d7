/** `istio.mesh.v1alpha1.MeshNetworks`: which addresses are of which network, and by which gateways a network is reached. */

import { field, list, map, message, optional, requiredText, text, uint32, type Value } from '../schema/fields.ts'

const endpoints = message(
  {
    fromCidr: field('Addresses: a range such as `10.1.0.0/16`, or a single one.', optional(requiredText(64))),
    fromRegistry: field(
      'All workloads of a cluster, by its id. That of a daemon is `Kubernetes`.',
      optional(requiredText(253)),
    ),
  },
  { exclusive: [['fromCidr', 'fromRegistry']] },
)

const gateway = message(
  {
    address: field('The IP address of the gateway.', optional(requiredText(255)), {
      notInForce: 'a host name is not looked up: the network is called without this gateway',
      notInForceIf: address => !/^[0-9.]+$|:/.test(address),
    }),
    registryServiceName: field('The host of a service that is the gateway.', optional(requiredText(255)), {
      notInForce: 'no service is made a gateway: name its address',
    }),
    port: field('The port of the gateway, which leads on by the server name of TLS (`AUTO_PASSTHROUGH`).', uint32()),
    locality: field('Where the gateway is. The localities of the endpoints behind it count.', optional(text(512))),
  },
  { exclusive: [['address', 'registryServiceName']] },
)

const network = message({
  endpoints: field('Which workloads are of the network. They reach each other directly.', optional(list(endpoints))),
  gateways: field('By which gateways other networks reach it.', optional(list(gateway, 256)), {
    default: 'none: it is called directly',
  }),
})

export const meshNetworksMessage = message({
  networks: field('The networks, by name.', optional(map(network))),
})

export type MeshNetworks = Value<typeof meshNetworksMessage>
export type MeshNetwork = Value<typeof network>
