/** A provider that policies and telemetry name: who authorizes, who collects traces, metrics and logs, who has secrets. */

import { field, message, optional, text, type Value } from '../schema/fields.ts'
import { envoyExtAuthzGrpc, envoyExtAuthzHttp } from './external-authorizers.ts'
import { envoyFileAccessLog, envoyHttpAls, envoyOtelAls, envoyTcpAls } from './log-providers.ts'
import { providerService } from './provider-service.ts'
import { datadog, lightstep, opencensus, opentelemetry, skywalking, stackdriver, zipkin } from './tracing-providers.ts'

const providers = {
  envoyExtAuthzHttp: field('An authorizer that is asked by HTTP.', optional(envoyExtAuthzHttp)),
  envoyExtAuthzGrpc: field("An authorizer that is asked by Envoy's gRPC API.", optional(envoyExtAuthzGrpc)),
  zipkin: field('A collector of traces with the API of Zipkin.', optional(zipkin)),
  lightstep: field('Lightstep, for traces.', optional(lightstep), { deprecated: 'use `opentelemetry`' }),
  datadog: field('Datadog, for traces.', optional(datadog)),
  stackdriver: field('Stackdriver, for traces, metrics and logs.', optional(stackdriver)),
  opencensus: field('An agent of OpenCensus, for traces.', optional(opencensus), {
    deprecated: 'use `opentelemetry`',
  }),
  skywalking: field('Apache SkyWalking, for traces.', optional(skywalking)),
  opentelemetry: field('A collector of OpenTelemetry, for traces.', optional(opentelemetry)),
  prometheus: field('Metrics that Prometheus fetches from the proxies.', optional(message({}))),
  envoyFileAccessLog: field('Access logs in a file of the proxy.', optional(envoyFileAccessLog)),
  envoyHttpAls: field("Access logs of HTTP to a server of Envoy's access log service.", optional(envoyHttpAls)),
  envoyTcpAls: field("Access logs of TCP to a server of Envoy's access log service.", optional(envoyTcpAls)),
  envoyOtelAls: field('Access logs to a collector of OpenTelemetry.', optional(envoyOtelAls)),
  sds: field(
    'A server of secrets for gateways, named as `sds://NAME` in credentials.',
    optional(message({ name: field('The name of the secret server.', optional(text(253))), ...providerService })),
  ),
}

export type ProviderKind = keyof typeof providers

// Sound: the keys of an object literal of this file.
export const providerKinds = Object.keys(providers) as readonly ProviderKind[]

export const extensionProvider = message(
  { name: field('The name by which others name it. Each is to be there once.', optional(text(253))), ...providers },
  { exclusive: [providerKinds] },
)

export type ExtensionProvider = Value<typeof extensionProvider>

export type ProviderUse = 'authorization' | 'tracing' | 'metrics' | 'accessLogging' | 'secrets'

/** What a provider of a kind is good for. */
export const providerUses: { readonly [Kind in ProviderKind]: readonly ProviderUse[] } = {
  envoyExtAuthzHttp: ['authorization'],
  envoyExtAuthzGrpc: ['authorization'],
  zipkin: ['tracing'],
  lightstep: ['tracing'],
  datadog: ['tracing'],
  stackdriver: ['tracing', 'metrics', 'accessLogging'],
  opencensus: ['tracing'],
  skywalking: ['tracing'],
  opentelemetry: ['tracing'],
  prometheus: ['metrics'],
  envoyFileAccessLog: ['accessLogging'],
  envoyHttpAls: ['accessLogging'],
  envoyTcpAls: ['accessLogging'],
  envoyOtelAls: ['accessLogging'],
  sds: ['secrets'],
}

/** Undefined: it says nothing but its name. */
export function providerKindOf(provider: ExtensionProvider): ProviderKind | undefined {
  return providerKinds.find(kind => provider[kind] !== undefined)
}

/** Those that are there without being written. A written provider of the same name replaces what it says. */
export const builtInProviders: readonly ExtensionProvider[] = [
  { name: 'prometheus', prometheus: {} },
  { name: 'stackdriver', stackdriver: {} },
  { name: 'envoy', envoyFileAccessLog: { path: '/dev/stdout' } },
]

/** Built-in and written ones by name; of one name the last counts. */
export function mergedProviders(written: readonly ExtensionProvider[]): readonly ExtensionProvider[] {
  return [...new Map([...builtInProviders, ...written].map(provider => [provider.name ?? '', provider])).values()]
}

/** What providers are there for a use, by name; sorted. For whoever looks up the name that an object gives. */
export function providerNamesFor(use: ProviderUse, providers: readonly ExtensionProvider[]): ReadonlySet<string> {
  const names = providers.flatMap(provider => {
    const kind = providerKindOf(provider)
    const { name = '' } = provider
    return kind !== undefined && name !== '' && providerUses[kind].includes(use) ? [name] : []
  })
  return new Set(names.sort())
}
