/** Text of a file of mesh networks: plain, or the ConfigMap that holds it under the key `meshNetworks`. */

import { type MeshNetworks, meshNetworksMessage } from './mesh/mesh-networks-message.ts'
import { checkMeshNetworks } from './mesh/mesh-networks-rules.ts'
import { parseSettings, type SettingsForm } from './mesh/settings-text.ts'
import type { Problem } from './problem.ts'

export const meshNetworksForm: SettingsForm<typeof meshNetworksMessage> = {
  name: 'mesh networks',
  dataKey: 'meshNetworks',
  message: meshNetworksMessage,
  invalid: 'MESH_NETWORKS_INVALID',
  check: checkMeshNetworks,
}

export const noNetworks: MeshNetworks = Object.freeze({})

/** Throws MESH_NETWORKS_INVALID, whose message names every fault with its place. */
export function parseMeshNetworks(
  text: string,
  file: string,
): { readonly networks: MeshNetworks; readonly warnings: readonly Problem[] } {
  const { value, warnings } = parseSettings(meshNetworksForm, text, file)
  return { networks: value, warnings }
}
