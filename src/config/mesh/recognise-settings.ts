/** Tells files of settings from files of objects, by their keys: settings have neither `apiVersion` nor `kind`. */

import { readYaml } from '../yaml-documents.ts'
import { meshConfigMessage } from './mesh-config-message.ts'

export type SettingsKind = 'mesh config' | 'mesh networks'

/** Undefined: objects, or nothing that is known. */
export function settingsKindOf(text: string): SettingsKind | undefined {
  const { roots } = readYaml(text, '')
  const [root] = roots
  if (roots.length !== 1 || root?.kind !== 'mapping') return undefined
  const keys = root.items.map(({ key }) => (key.kind === 'scalar' ? String(key.value) : ''))
  if (keys.some(key => key === 'apiVersion' || key === 'kind')) return undefined
  if (keys.includes('networks')) return 'mesh networks'
  const isSetting = (key: string): boolean => Object.hasOwn(meshConfigMessage.properties, camelCase(key))
  return keys.some(isSetting) ? 'mesh config' : undefined
}

const camelCase = (name: string): string =>
  name.replaceAll(/_([A-Za-z0-9])/g, (_whole, letter: string) => letter.toUpperCase())
