/** Kubernetes ConfigMap: settings and certificates that other objects name. */

import { base64, bool, field, longestSecret, map, optional, structure, text, type Value } from '../schema/fields.ts'
import { dataKeyRemedy, isDataKey, largestDataBytes } from './data-keys.ts'
import { checkIstioConfigMap } from './istio-config-map.ts'
import { defineKind } from './kind.ts'

const spec = structure({
  data: field('The entries, as text.', optional(map(text(longestSecret)))),
  binaryData: field('Entries that are no text, in base64.', optional(map(base64(longestSecret)))),
  immutable: field('The entries cannot be changed any more.', optional(bool()), { default: 'false' }),
})

export type ConfigMapSpec = Value<typeof spec>

export const configMap = defineKind({
  name: 'ConfigMap',
  description: 'Settings and certificates that other objects name.',
  plural: 'configmaps',
  shortNames: ['cm'],
  group: '',
  versions: ['v1'],
  scope: 'namespaced',
  body: 'top-level',
  spec,
  notInForce: 'nothing reads ConfigMaps yet',
  check({ metadata, spec }, report) {
    const { data = {}, binaryData = {} } = spec
    checkIstioConfigMap({ name: metadata.name, data }, report)
    for (const [part, entries] of Object.entries({ data, binaryData })) {
      for (const key of Object.keys(entries))
        if (!isDataKey(key)) report.error(`${part}.${key}`, `'${key}' is not the name of an entry`, dataKeyRemedy)
    }
    for (const key of Object.keys(binaryData)) {
      if (Object.hasOwn(data, key)) report.error(`binaryData.${key}`, 'is also in data', 'remove one of the two')
    }
    const sizeBytes =
      Object.values(data).reduce((sum, value) => sum + Buffer.byteLength(value), 0) +
      Object.values(binaryData).reduce((sum, value) => sum + Buffer.byteLength(value, 'base64'), 0)
    if (sizeBytes > largestDataBytes) report.error('data', `is ${sizeBytes} bytes long, more than 1 MiB`, 'split it')
  },
})
