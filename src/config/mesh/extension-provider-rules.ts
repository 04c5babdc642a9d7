/**
 * What providers may say. As in Istio, none of it refuses the settings: a provider that cannot be used harms those alone
 * that name it.
 */

import {
  isHostLabel,
  isHostname,
  isIpAddress,
  isPartialWildcard,
  isPort,
  isWildcardHost,
} from '../kinds/host-syntax.ts'
import type { Report } from '../kinds/kind.ts'
import {
  type ExtensionProvider,
  mergedProviders,
  type ProviderKind,
  providerKindOf,
  providerKinds,
  providerNamesFor,
} from './extension-provider.ts'
import type { MeshConfigInput } from './mesh-config-message.ts'

export function checkExtensionProviders(
  { extensionProviders = [], defaultProviders = {} }: MeshConfigInput,
  report: Report,
): void {
  const seen = new Set<string>()
  for (const [index, provider] of extensionProviders.entries()) {
    const field = `extensionProviders[${index}]`
    const { name = '' } = provider
    if (name === '') report.warning(`${field}.name`, 'is required: nobody can name the provider', 'add it')
    else if (seen.has(name))
      report.warning(`${field}.name`, `there is a provider ${name} already, and only the last counts`, 'rename one')
    seen.add(name)
    const kind = providerKindOf(provider)
    if (kind === undefined) report.warning(field, 'does not say who it is', `add one of ${providerKinds.join(', ')}`)
    else checkProvider(provider, kind, `${field}.${kind}`, report)
  }
  for (const use of ['tracing', 'metrics', 'accessLogging'] as const) {
    const known = providerNamesFor(use, mergedProviders(extensionProviders))
    for (const [index, name] of (defaultProviders[use] ?? []).entries()) {
      if (known.has(name)) continue
      const remedy = `name one of ${[...known].join(', ')}`
      report.warning(`defaultProviders.${use}[${index}]`, `there is no provider ${name} for it`, remedy)
    }
  }
}

const withoutService: readonly ProviderKind[] = ['stackdriver', 'prometheus', 'envoyFileAccessLog']

function checkProvider(provider: ExtensionProvider, kind: ProviderKind, field: string, report: Report): void {
  if (!withoutService.includes(kind)) checkService(provider[kind] ?? {}, field, report)
  const { envoyExtAuthzHttp, envoyExtAuthzGrpc, lightstep, opentelemetry } = provider
  const authorizer = envoyExtAuthzHttp ?? envoyExtAuthzGrpc
  if (authorizer !== undefined) checkAuthorizer(authorizer, field, report)
  const prefix = envoyExtAuthzHttp?.pathPrefix ?? ''
  if (prefix !== '' && !prefix.startsWith('/'))
    report.warning(`${field}.pathPrefix`, `'${prefix}' does not begin with /`, `write /${prefix}`)
  if (lightstep !== undefined && (lightstep.accessToken ?? []).length === 0)
    report.warning(`${field}.accessToken`, 'is required')
  if (opentelemetry?.grpc !== undefined && opentelemetry.http !== undefined)
    report.warning(`${field}.grpc`, 'cannot stand beside http', 'keep one of the two')
  const dynatrace = opentelemetry?.dynatraceSampler?.httpService
  if (dynatrace !== undefined) checkService(dynatrace, `${field}.dynatraceSampler.httpService`, report)
}

interface Service {
  readonly service?: string
  readonly port?: number
}

function checkService({ service = '', port = 0 }: Service, field: string, report: Report): void {
  if (service === '') report.warning(`${field}.service`, 'is required', 'name the host of a service')
  else if (!isProviderHost(service))
    report.warning(`${field}.service`, `'${service}' is not a host`, 'write HOST, or NAMESPACE/HOST')
  if (!isPort(port)) report.warning(`${field}.port`, `${port} is not a port`, 'use 1 to 65535')
}

/** A name or an address; after a namespace a qualified name, of which the first label may be `*`. */
function isProviderHost(text: string): boolean {
  const slash = text.indexOf('/')
  if (slash < 0) return isHostname(text) || isIpAddress(text)
  const namespace = text.slice(0, slash)
  const host = text.slice(slash + 1)
  const isNamespace = ['*', '.', '~'].includes(namespace) || isHostLabel(namespace)
  const isQualified = host === '*' || (host.includes('.') && isWildcardHost(host) && !isPartialWildcard(host))
  return isNamespace && isQualified
}

type Authorizer = NonNullable<ExtensionProvider['envoyExtAuthzGrpc']>

function checkAuthorizer(
  { statusOnError = '', includeRequestBodyInCheck: body }: Authorizer,
  field: string,
  report: Report,
): void {
  if (statusOnError !== '' && !isEnvoyStatus(statusOnError))
    report.warning(`${field}.statusOnError`, `'${statusOnError}' is no HTTP status that Envoy sends`, 'use 403 or 503')
  if (body !== undefined && (body.maxRequestBytes ?? 0) === 0) {
    const remedy = 'say how much of a body is sent along'
    report.warning(`${field}.includeRequestBodyInCheck.maxRequestBytes`, 'is 0, which Envoy refuses', remedy)
  }
}

const isEnvoyStatus = (text: string): boolean =>
  /^\d{3}$/.test(text) && statusRanges.some(([first, last]) => Number(text) >= first && Number(text) <= last)

/** https://www.envoyproxy.io/docs/envoy/latest/api-v3/type/v3/http_status.proto */
const statusRanges: readonly (readonly [number, number])[] = [
  [100, 100],
  [200, 208],
  [226, 226],
  [300, 305],
  [307, 308],
  [400, 417],
  [421, 424],
  [426, 426],
  [428, 429],
  [431, 431],
  [500, 508],
  [510, 511],
]
