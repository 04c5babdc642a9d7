/** Of what `meshwright validate` is given, the files of settings: named as such, or recognised by their keys. */

import { readFileSync } from 'node:fs'
import type { ValidateRequest } from '../../cli/validate-command.ts'
import { statOf } from '../../config/files/config-file.ts'
import { standardInputName } from '../../config/files/load-files.ts'
import { parseSettingsBytes, readSettingsFile, type SettingsReader } from '../../config/files/settings-file.ts'
import { meshConfigReader, meshNetworksReader } from '../../config/files/settings-readers.ts'
import { type SettingsKind, settingsKindOf } from '../../config/mesh/recognise-settings.ts'
import { defaultMeshConfig, type MeshConfig } from '../../config/mesh-config.ts'
import type { Problem } from '../../config/problem.ts'
import { problemsOf } from '../../config/store/config-errors.ts'
import { decodeText } from '../../config/text-encoding.ts'
import { errorFrom } from '../../platform/errors.ts'

export interface ValidatedSettings {
  /** By which objects are checked: the defaults where no sound settings were given. */
  readonly mesh: MeshConfig
  readonly problems: readonly Problem[]
  /** How many files of settings there were. */
  readonly files: number
  /** The places that are left: those of objects. */
  readonly places: readonly string[]
}

/** Throws MESH_CONFIG_INVALID and MESH_NETWORKS_INVALID for a file that cannot be read. */
export function validateSettings(request: ValidateRequest, standardInput: Uint8Array): ValidatedSettings {
  const problems: Problem[] = []
  const places: string[] = []
  let mesh: MeshConfig | undefined
  let files = 0
  const take = <T>(read: () => { readonly value: T; readonly warnings: readonly Problem[] }): T | undefined => {
    files++
    try {
      const { value, warnings } = read()
      problems.push(...warnings)
      return value
    } catch (thrown) {
      const found = problemsOf(errorFrom(thrown))
      if (found.length === 0) throw thrown
      problems.push(...found)
      return undefined
    }
  }
  const { meshConfig, meshNetworks } = request
  if (meshConfig !== undefined) mesh = take(() => readSettingsFile(meshConfigReader, meshConfig))
  if (meshNetworks !== undefined) take(() => readSettingsFile(meshNetworksReader, meshNetworks))
  for (const place of request.places) {
    const bytes = bytesAt(place, standardInput)
    const kind = bytes === undefined ? undefined : kindOf(bytes)
    const shownAs = place === '-' ? standardInputName : place
    if (bytes === undefined || kind === undefined) places.push(place)
    else {
      const parse = <T>(reader: SettingsReader<T>): T | undefined =>
        take(() => parseSettingsBytes(reader, bytes, shownAs))
      if (kind === 'mesh config') mesh ??= parse(meshConfigReader)
      else parse(meshNetworksReader)
    }
  }
  return { mesh: mesh ?? defaultMeshConfig, problems, files, places }
}

/** Undefined for folders, where the daemon looks for objects alone, and for what is not there. */
function bytesAt(place: string, standardInput: Uint8Array): Uint8Array | undefined {
  if (place === '-') return standardInput
  return statOf(place)?.isFile() === true ? readFileSync(place) : undefined
}

function kindOf(bytes: Uint8Array): SettingsKind | undefined {
  const decoded = decodeText(bytes)
  return decoded.kind === 'text' ? settingsKindOf(decoded.text) : undefined
}
