/** Kubernetes Secret: keys, certificates and passwords that other objects name. Nothing here ever quotes a value. */

import { bool, field, map, optional, secretBase64, secretText, structure, text, type Value } from '../schema/fields.ts'
import type { SecretBytes } from '../schema/secret-bytes.ts'
import { dataKeyRemedy, isDataKey, largestDataBytes } from './data-keys.ts'
import { defineKind, type Report } from './kind.ts'

const spec = structure({
  type: field(
    'What the data is, such as `kubernetes.io/tls`: it says which entries must be there.',
    optional(text(253)),
    {
      default: 'Opaque',
    },
  ),
  data: field('The entries, in base64.', optional(map(secretBase64()))),
  stringData: field('Entries as text; they count before those of `data`.', optional(map(secretText()))),
  immutable: field('The entries cannot be changed any more.', optional(bool()), { default: 'false' }),
})

export type SecretSpec = Value<typeof spec>

export const secret = defineKind({
  name: 'Secret',
  description: 'Keys, certificates and passwords that other objects name.',
  plural: 'secrets',
  shortNames: [],
  columns: [{ name: 'Type', path: '.type' }],
  group: '',
  versions: ['v1'],
  scope: 'namespaced',
  body: 'top-level',
  spec,
  notInForce: 'nothing reads Secrets yet',
  check({ spec, metadata }, report) {
    const entries: readonly (readonly [string, string, SecretBytes])[] = (['data', 'stringData'] as const).flatMap(
      part => Object.entries(spec[part] ?? {}).map(([key, value]) => [part, key, value] as const),
    )
    for (const [part, key] of entries)
      if (!isDataKey(key)) report.error(`${part}.${key}`, 'has an entry whose name is none', dataKeyRemedy)
    const sizeBytes = entries.reduce((sum, [, , value]) => sum + value.byteLength, 0)
    if (sizeBytes > largestDataBytes) report.error('data', `is ${sizeBytes} bytes long, more than 1 MiB`, 'split it')
    const keys = new Set(entries.map(([, key]) => key))
    checkType(spec.type ?? 'Opaque', keys, report)
    if (spec.type === 'kubernetes.io/service-account-token' && (metadata.annotations[accountAnnotation] ?? '') === '')
      report.error('metadata.annotations', `lacks ${accountAnnotation}`, 'name the ServiceAccount')
    if (spec.type === 'kubernetes.io/tls') checkPem(entries, report)
  },
})

const accountAnnotation = 'kubernetes.io/service-account.name'

/** One of each group must be there. https://kubernetes.io/docs/concepts/configuration/secret/#secret-types */
const needed: Readonly<Record<string, readonly (readonly string[])[] | undefined>> = {
  'kubernetes.io/tls': [['tls.crt'], ['tls.key']],
  'kubernetes.io/dockerconfigjson': [['.dockerconfigjson']],
  'kubernetes.io/dockercfg': [['.dockercfg']],
  'kubernetes.io/basic-auth': [['username', 'password']],
  'kubernetes.io/ssh-auth': [['ssh-privatekey']],
}

function checkType(type: string, keys: ReadonlySet<string>, report: Report): void {
  for (const group of needed[type] ?? []) {
    if (!group.some(key => keys.has(key)))
      report.error('data', `lacks ${group.join(' and ')}, which type ${type} needs`, 'add it')
  }
}

function checkPem(entries: readonly (readonly [string, string, SecretBytes])[], report: Report): void {
  for (const [part, key, value] of entries) {
    const label = key === 'tls.crt' ? 'CERTIFICATE' : key === 'tls.key' ? 'PRIVATE KEY' : undefined
    if (label !== undefined && !Buffer.from(value).includes(`${label}-----`))
      report.warning(`${part}.${key}`, `holds no ${label.toLowerCase()} in PEM`, 'encode the PEM file in base64 once')
  }
}
