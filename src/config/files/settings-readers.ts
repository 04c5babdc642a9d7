/** The files of mesh settings and of mesh networks. */

import type { MeshNetworks } from '../mesh/mesh-networks-message.ts'
import type { MeshConfig } from '../mesh-config.ts'
import { meshConfigForm, parseMeshConfig } from '../parse-mesh-config.ts'
import { meshNetworksForm, parseMeshNetworks } from '../parse-mesh-networks.ts'
import type { SettingsReader } from './settings-file.ts'

export const meshConfigReader: SettingsReader<MeshConfig> = {
  name: meshConfigForm.name,
  invalid: meshConfigForm.invalid,
  parse(text, file) {
    const { mesh, warnings } = parseMeshConfig(text, file)
    return { value: mesh, warnings }
  },
}

export const meshNetworksReader: SettingsReader<MeshNetworks> = {
  name: meshNetworksForm.name,
  invalid: meshNetworksForm.invalid,
  parse(text, file) {
    const { networks, warnings } = parseMeshNetworks(text, file)
    return { value: networks, warnings }
  },
}
