/**
 * Settings of the whole mesh: what the MeshConfig says, with Istio's defaults filled in where something acts on them.
 */

import { type ExtensionProvider, mergedProviders } from './mesh/extension-provider.ts'
import type { MeshConfigInput } from './mesh/mesh-config-message.ts'
import type { ProxyDefaultsInput } from './mesh/proxy-defaults.ts'

export type { MeshConfigInput } from './mesh/mesh-config-message.ts'

type Filled<Message> = { readonly [Key in keyof Message]-?: NonNullable<Message[Key]> }

/** Keys that always have a value. */
type FilledKey =
  | 'trustDomain'
  | 'trustDomainAliases'
  | 'rootNamespace'
  | 'enableAutoMtls'
  | 'connectTimeout'
  | 'accessLogFile'
  | 'accessLogFormat'
  | 'accessLogEncoding'
  | 'protocolDetectionTimeout'
  | 'defaultServiceExportTo'
  | 'defaultVirtualServiceExportTo'
  | 'defaultDestinationRuleExportTo'
  | 'proxyListenPort'
  | 'proxyInboundListenPort'
  | 'proxyHttpPort'
  | 'dnsRefreshRate'
  | 'h2UpgradePolicy'
  | 'localityLbSetting'
  | 'defaultHttpRetryPolicy'

type FilledMessage =
  | 'outboundTrafficPolicy'
  | 'inboundTrafficPolicy'
  | 'pathNormalization'
  | 'meshMTLS'
  | 'extensionProviders'
  | 'defaultConfig'
  | 'meshwright'

type Plain = Pick<Filled<MeshConfigInput>, FilledKey> & Omit<MeshConfigInput, FilledKey | FilledMessage>

type OutboundTrafficPolicy = NonNullable<MeshConfigInput['outboundTrafficPolicy']>

/** Durations are text, as in every spec (`durationMs` reads them). Keys that nothing acts on yet are as they are written. */
export interface MeshConfig extends Plain {
  readonly outboundTrafficPolicy: OutboundTrafficPolicy & Filled<Pick<OutboundTrafficPolicy, 'mode'>>
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
  /** By name, each once; those that need not be written among them. */
  readonly extensionProviders: readonly ExtensionProvider[]
  readonly defaultConfig: ProxyDefaults
  readonly meshwright: {
    /** `ECDS`: authorization filters are resources of their own, so that a changed policy acts on open connections; `INLINE`: in the listener. */
    readonly policyDelivery: 'ECDS' | 'INLINE'
  }
}

export interface ProxyDefaults extends ProxyDefaultsInput {
  readonly statusPort: number
  readonly proxyAdminPort: number
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
    ...input,
    trustDomain: input.trustDomain ?? 'cluster.local',
    trustDomainAliases: input.trustDomainAliases ?? [],
    rootNamespace: input.rootNamespace ?? 'istio-system',
    enableAutoMtls: input.enableAutoMtls ?? true,
    connectTimeout: input.connectTimeout ?? '10s',
    outboundTrafficPolicy: { ...input.outboundTrafficPolicy, mode: input.outboundTrafficPolicy?.mode ?? 'ALLOW_ANY' },
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
    extensionProviders: mergedProviders(input.extensionProviders ?? []),
    defaultConfig: proxyDefaultsFrom(input.defaultConfig ?? {}),
    meshwright: { policyDelivery: input.meshwright?.policyDelivery ?? 'ECDS' },
  })
}

function proxyDefaultsFrom(input: ProxyDefaultsInput): ProxyDefaults {
  return {
    ...input,
    statusPort: input.statusPort ?? 15_020,
    proxyAdminPort: input.proxyAdminPort ?? 15_000,
    drainDuration: input.drainDuration ?? '45s',
    terminationDrainDuration: input.terminationDrainDuration ?? '5s',
    proxyMetadata: input.proxyMetadata ?? {},
  }
}
