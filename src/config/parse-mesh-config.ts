/** Text of a file of mesh settings: plain `mesh.yaml`, or the ConfigMap that holds it under the key `mesh`. */

import { meshConfigMessage } from './mesh/mesh-config-message.ts'
import { checkMeshConfig } from './mesh/mesh-config-rules.ts'
import { proxyDefaults } from './mesh/proxy-defaults.ts'
import { parseSettings, type SettingsForm } from './mesh/settings-text.ts'
import { type MeshConfig, meshConfigFrom } from './mesh-config.ts'
import type { Problem } from './problem.ts'

export interface ParsedMeshConfig {
  readonly mesh: MeshConfig
  readonly warnings: readonly Problem[]
}

export const meshConfigForm: SettingsForm<typeof meshConfigMessage> = {
  name: 'mesh settings',
  dataKey: 'mesh',
  message: meshConfigMessage,
  invalid: 'MESH_CONFIG_INVALID',
  check: checkMeshConfig,
  elsewhere: field => (Object.hasOwn(proxyDefaults.properties, field) ? `defaultConfig.${field}` : undefined),
}

/** Throws MESH_CONFIG_INVALID, whose message names every fault with its place. */
export function parseMeshConfig(text: string, file: string): ParsedMeshConfig {
  const { value, warnings } = parseSettings(meshConfigForm, text, file)
  return { mesh: meshConfigFrom(value), warnings }
}
