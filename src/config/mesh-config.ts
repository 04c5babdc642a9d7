/**
 * Settings of the whole mesh: the keys of istio.mesh.v1alpha1.MeshConfig that have an effect here, with Istio's defaults
 * filled in, and what is ours alone under the key `meshwright`.
 */

import { httpRetries } from './kinds/http-retries.ts'
import { localityLoadBalancer } from './kinds/load-balancer.ts'
import { bool, duration, enumeration, list, map, message, optional, text, uint32, type Value } from './schema/fields.ts'

export const meshConfigSchema = message({
  trustDomain: optional(text(253)),
  trustDomainAliases: optional(list(text(253), 256)),
  rootNamespace: optional(text(63)),
  enableAutoMtls: optional(bool()),
  connectTimeout: optional(duration()),
  outboundTrafficPolicy: optional(
    message({ mode: optional(enumeration({ REGISTRY_ONLY: 0, ALLOW_ANY: 1, ALLOW_ANY_DYNAMIC_DNS: 2 })) }),
  ),
  inboundTrafficPolicy: optional(message({ mode: optional(enumeration({ PASSTHROUGH: 0, LOCALHOST: 1 })) })),
  accessLogFile: optional(text(4096)),
  accessLogFormat: optional(text(65_536)),
  accessLogEncoding: optional(enumeration({ TEXT: 0, JSON: 1 })),
  protocolDetectionTimeout: optional(duration()),
  defaultServiceExportTo: optional(list(text(63), 1000)),
  defaultVirtualServiceExportTo: optional(list(text(63), 1000)),
  defaultDestinationRuleExportTo: optional(list(text(63), 1000)),
  proxyListenPort: optional(uint32()),
  proxyInboundListenPort: optional(uint32()),
  proxyHttpPort: optional(uint32()),
  dnsRefreshRate: optional(duration()),
  h2UpgradePolicy: optional(enumeration({ DO_NOT_UPGRADE: 0, UPGRADE: 1 })),
  localityLbSetting: optional(localityLoadBalancer),
  pathNormalization: optional(
    message({
      normalization: optional(
        enumeration({ DEFAULT: 0, NONE: 1, BASE: 2, MERGE_SLASHES: 3, DECODE_AND_MERGE_SLASHES: 4 }),
      ),
    }),
  ),
  meshMTLS: optional(
    message({
      minProtocolVersion: optional(enumeration({ TLS_AUTO: 0, TLSV1_2: 1, TLSV1_3: 2 })),
      ecdhCurves: optional(list(text(64), 16)),
      cipherSuites: optional(list(text(128), 64)),
    }),
  ),
  defaultHttpRetryPolicy: optional(httpRetries),
  defaultConfig: optional(
    message({
      discoveryAddress: optional(text(512)),
      statusPort: optional(uint32()),
      proxyAdminPort: optional(uint32()),
      concurrency: optional(uint32()),
      drainDuration: optional(duration()),
      terminationDrainDuration: optional(duration()),
      proxyMetadata: optional(map(text(65_536))),
    }),
  ),
  /** Not Istio's: options that only this control plane has. */
  meshwright: optional(message({ policyDelivery: optional(enumeration({ ECDS: 0, INLINE: 1 })) })),
})

export type MeshConfigInput = Value<typeof meshConfigSchema>

type Filled<Message> = { readonly [Key in keyof Message]-?: NonNullable<Message[Key]> }

type Plain = Omit<
  Filled<MeshConfigInput>,
  'outboundTrafficPolicy' | 'inboundTrafficPolicy' | 'pathNormalization' | 'meshMTLS' | 'defaultConfig' | 'meshwright'
>

/** Durations are text, as in every spec (`durationMs` reads them). */
export interface MeshConfig extends Plain {
  readonly outboundTrafficPolicy: Filled<NonNullable<MeshConfigInput['outboundTrafficPolicy']>>
  readonly inboundTrafficPolicy: Filled<NonNullable<MeshConfigInput['inboundTrafficPolicy']>>
  /** `DEFAULT` never gets here: it is read as BASE. */
  readonly pathNormalization: { readonly normalization: 'NONE' | 'BASE' | 'MERGE_SLASHES' | 'DECODE_AND_MERGE_SLASHES' }
  /** `TLS_AUTO` never gets here: it is read as TLSV1_2. */
  readonly meshMTLS: {
    readonly minProtocolVersion: 'TLSV1_2' | 'TLSV1_3'
    /** Empty: Envoy's own choice. */
    readonly ecdhCurves: readonly string[]
    /** Empty: the built-in list. */
    readonly cipherSuites: readonly string[]
  }
  readonly defaultConfig: ProxyDefaults
  readonly meshwright: {
    /** `ECDS`: authorization filters are resources of their own, so that a changed policy acts on open connections; `INLINE`: in the listener. */
    readonly policyDelivery: 'ECDS' | 'INLINE'
  }
}

export interface ProxyDefaults {
  readonly discoveryAddress: string | undefined
  readonly statusPort: number
  readonly proxyAdminPort: number
  /** Worker threads of Envoy; undefined: as many as the machine suggests. */
  readonly concurrency: number | undefined
  readonly drainDuration: string
  readonly terminationDrainDuration: string
  readonly proxyMetadata: Readonly<Record<string, string>>
}

/** https://istio.io/latest/docs/reference/config/istio.mesh.v1alpha1/ */
export const defaultMeshConfig: MeshConfig = meshConfigFrom({})

/** Fills in the defaults. Lists replace their default; messages are merged field by field. */
export function meshConfigFrom(input: MeshConfigInput): MeshConfig {
  const normalization = input.pathNormalization?.normalization ?? 'DEFAULT'
  const minProtocolVersion = input.meshMTLS?.minProtocolVersion ?? 'TLS_AUTO'
  return Object.freeze<MeshConfig>({
    trustDomain: input.trustDomain ?? 'cluster.local',
    trustDomainAliases: input.trustDomainAliases ?? [],
    rootNamespace: input.rootNamespace ?? 'istio-system',
    enableAutoMtls: input.enableAutoMtls ?? true,
    connectTimeout: input.connectTimeout ?? '10s',
    outboundTrafficPolicy: { mode: input.outboundTrafficPolicy?.mode ?? 'ALLOW_ANY' },
    inboundTrafficPolicy: { mode: input.inboundTrafficPolicy?.mode ?? 'PASSTHROUGH' },
    accessLogFile: input.accessLogFile ?? '',
    accessLogFormat: input.accessLogFormat ?? '',
    accessLogEncoding: input.accessLogEncoding ?? 'TEXT',
    protocolDetectionTimeout: input.protocolDetectionTimeout ?? '0s',
    defaultServiceExportTo: input.defaultServiceExportTo ?? ['*'],
    defaultVirtualServiceExportTo: input.defaultVirtualServiceExportTo ?? ['*'],
    defaultDestinationRuleExportTo: input.defaultDestinationRuleExportTo ?? ['*'],
    proxyListenPort: input.proxyListenPort ?? 15_001,
    proxyInboundListenPort: input.proxyInboundListenPort ?? 15_006,
    proxyHttpPort: input.proxyHttpPort ?? 0,
    dnsRefreshRate: input.dnsRefreshRate ?? '60s',
    h2UpgradePolicy: input.h2UpgradePolicy ?? 'DO_NOT_UPGRADE',
    localityLbSetting: { enabled: true, ...input.localityLbSetting },
    pathNormalization: { normalization: normalization === 'DEFAULT' ? 'BASE' : normalization },
    meshMTLS: {
      minProtocolVersion: minProtocolVersion === 'TLS_AUTO' ? 'TLSV1_2' : minProtocolVersion,
      ecdhCurves: input.meshMTLS?.ecdhCurves ?? [],
      cipherSuites: input.meshMTLS?.cipherSuites ?? [],
    },
    defaultHttpRetryPolicy: { attempts: 2, ...input.defaultHttpRetryPolicy },
    defaultConfig: proxyDefaultsFrom(input.defaultConfig ?? {}),
    meshwright: { policyDelivery: input.meshwright?.policyDelivery ?? 'ECDS' },
  })
}

function proxyDefaultsFrom(input: NonNullable<MeshConfigInput['defaultConfig']>): ProxyDefaults {
  return {
    discoveryAddress: input.discoveryAddress,
    statusPort: input.statusPort ?? 15_020,
    proxyAdminPort: input.proxyAdminPort ?? 15_000,
    concurrency: input.concurrency,
    drainDuration: input.drainDuration ?? '45s',
    terminationDrainDuration: input.terminationDrainDuration ?? '5s',
    proxyMetadata: input.proxyMetadata ?? {},
  }
}
