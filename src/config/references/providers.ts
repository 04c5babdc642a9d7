/** Providers of the mesh settings that objects name: the authorizer of a `CUSTOM` policy, and where telemetry goes. */

import type { AnyObject, ObjectOf } from '../kinds/catalogue.ts'
import { type ProviderUse, providerKindOf, providerNamesFor } from '../mesh/extension-provider.ts'
import type { MeshConfig } from '../mesh-config.ts'
import type { Finding } from './finding.ts'
import { type MeshReader, meshOf } from './reference-sources.ts'

/** Of kinds that name providers; of others there are none. */
export function providerFindings(object: AnyObject, reads: MeshReader): readonly Finding[] {
  switch (object.kind) {
    case 'AuthorizationPolicy':
      return authorizerFindings(object, reads)
    case 'Telemetry':
      return telemetryFindings(object, reads)
    default:
      return []
  }
}

function authorizerFindings({ spec }: ObjectOf<'AuthorizationPolicy'>, reads: MeshReader): readonly Finding[] {
  if (spec.action !== 'CUSTOM') return []
  return findingsFor(spec.provider?.name ?? '', { use: 'authorization', field: 'spec.provider.name' }, reads)
}

function telemetryFindings({ spec }: ObjectOf<'Telemetry'>, reads: MeshReader): readonly Finding[] {
  return (['tracing', 'metrics', 'accessLogging'] as const).flatMap(use =>
    (spec[use] ?? []).flatMap(({ providers = [] }, index) =>
      providers.flatMap(({ name }, at) =>
        findingsFor(name, { use, field: `spec.${use}[${index}].providers[${at}].name` }, reads),
      ),
    ),
  )
}

function findingsFor(
  name: string,
  { use, field }: { readonly use: ProviderUse; readonly field: string },
  reads: MeshReader,
): readonly Finding[] {
  const { extensionProviders } = meshOf(reads)
  const known = providerNamesFor(use, extensionProviders)
  // Without a name there is none to look up; the kind's own rules say what that means.
  if (name === '' || known.has(name)) return []
  const remedy =
    known.size === 0
      ? 'add it to extensionProviders of the mesh settings'
      : `name one of ${[...known].join(', ')}, or add it to extensionProviders of the mesh settings`
  return [{ code: 'PROVIDER_NOT_FOUND', field, reason: reasonFor(name, use, extensionProviders), remedy }]
}

const words: { readonly [Use in ProviderUse]: string } = {
  authorization: 'authorizes requests',
  tracing: 'takes traces',
  metrics: 'takes metrics',
  accessLogging: 'takes access logs',
  secrets: 'has secrets',
}

function reasonFor(name: string, use: ProviderUse, providers: MeshConfig['extensionProviders']): string {
  const other = providers.find(provider => provider.name === name)
  if (other === undefined) return `the mesh settings have no provider ${name}`
  const kind = providerKindOf(other)
  return kind === undefined
    ? `the provider ${name} of the mesh settings does not say who it is`
    : `the provider ${name} of the mesh settings is of kind ${kind}, which is none that ${words[use]}`
}
