/** What has a page of reference beside the kinds of objects: the settings of the mesh. */

import { meshConfigMessage } from '../mesh/mesh-config-message.ts'
import { meshNetworksMessage } from '../mesh/mesh-networks-message.ts'
import type { SettingsPage } from './page.ts'

const reading =
  'Read as proto JSON: names in camelCase or snake_case, enums as names or numbers, `null` as absent. An unknown key has no ' +
  'effect: a warning names it, with the one that was meant.'

export const settingsPages: readonly SettingsPage[] = [
  {
    name: 'MeshConfig',
    description:
      'Settings of the whole mesh, in the file of `--mesh-config`: plain, or a ConfigMap with the key `mesh`. The file is ' +
      `watched; while it is not valid the last good settings stay in force. ${reading} Lists replace their defaults; ` +
      '`extensionProviders` are merged by name.',
    message: meshConfigMessage,
  },
  {
    name: 'MeshNetworks',
    description:
      'Networks whose workloads do not reach each other directly, in the file of `--mesh-networks`: plain, or a ConfigMap with ' +
      `the key \`meshNetworks\`. The file is watched; while it is not valid the last good networks stay in force. ${reading}\n\n` +
      'A workload is of the network that it says itself (`network` of a WorkloadEntry, the label `topology.istio.io/network`), else ' +
      'of that of the label of the root namespace, else of that of its cluster (`fromRegistry`), else of the one with the narrowest ' +
      '`fromCidr` that has its address. A proxy that names no network is of that of its address. As soon as any network has a ' +
      'gateway, endpoints of a network with gateways are given to clients elsewhere as those gateways: with the weight of the ' +
      'endpoints behind them, for mutual TLS alone, and of the address families that the client has. That holds for services whose ' +
      'endpoints are discovered, not for those that are looked up in DNS.',
    message: meshNetworksMessage,
  },
]
