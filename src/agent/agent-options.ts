/** Everything an agent is told. Several agents share a host: each has a state directory and addresses of its own. */

import { MeshwrightError } from '../platform/errors.ts'
import type { LogLevel } from '../platform/log-level.ts'
import type { XdsVariant } from '../xds/table-set.ts'
import type { InterceptionMode } from './bootstrap/node.ts'
import type { KeyKind } from './identity/certificate-request.ts'
import type { CredentialSource } from './identity/credential.ts'
import { formatSocketAddress, isWildcard, type SocketAddress } from './socket-address.ts'

export interface AgentOptions {
  /** The daemon's TLS port for xDS and certificates. */
  readonly server: SocketAddress
  /** The DNS name that the daemon's certificate must hold. */
  readonly serverName: string
  /** Used when the state directory holds no certificate that is still good. */
  readonly credential: CredentialSource
  /** A folder of certificate files to use instead of asking the authority for one; undefined: ask. */
  readonly certificateDirectory: string | undefined
  /** Where certificate, key, roots, last good configuration and sockets are; made (0700) when it is not there. */
  readonly stateDirectory: string
  /** Must be those of the certificate; undefined: taken from it. */
  readonly namespace: string | undefined
  readonly serviceAccount: string | undefined
  /** Undefined: the service account. */
  readonly workloadName: string | undefined
  /** At least one. The first one names the node; in mode NONE inbound listeners bind to it. */
  readonly ips: readonly string[]
  readonly labels: Readonly<Record<string, string>>
  readonly interceptionMode: InterceptionMode
  readonly clusterId: string
  /** Empty: the mesh's default network. */
  readonly network: string
  readonly locality: { readonly region: string; readonly zone: string; readonly subZone: string } | undefined
  /** Node metadata without an option of its own. */
  readonly extraMetadata: Readonly<Record<string, unknown>>
  /** The agent's HTTP: `/healthz/ready`, `/stats/prometheus`. Port 0 takes a free one. */
  readonly statusAddress: SocketAddress
  /** Never a wildcard: whoever reaches it controls Envoy. */
  readonly envoyAdminAddress: SocketAddress
  /** Envoy's listener for `/healthz/ready`; undefined: none. */
  readonly healthAddress: SocketAddress | undefined
  /** Envoy's listener for `/stats/prometheus`; undefined: none. */
  readonly prometheusAddress: SocketAddress | undefined
  /** The Envoy to run; undefined: one on PATH of a supported version, else the installed one. */
  readonly envoyPath: string | undefined
  /** Envoy's worker threads; undefined: one per core. */
  readonly envoyConcurrency: number | undefined
  readonly maxDownstreamConnections: number
  /** Of the agent; Envoy logs one level less. */
  readonly logLevel: LogLevel
  readonly xdsVariant: XdsVariant
  /** The life asked for each certificate; the authority has the last word. */
  readonly certificateTtlMs: number
  readonly keyKind: KeyKind
  /** How long open connections may go on when the agent is told to stop. */
  readonly drainMs: number
}

/** Throws AGENT_OPTION_INVALID for combinations that cannot work. */
export function requireUsable(options: AgentOptions): void {
  if (options.ips.length === 0) throw invalid('the workload has no address', 'Give at least one.')
  if (options.certificateDirectory !== undefined && options.credential.kind !== 'none') {
    throw invalid('a join token and a folder of certificates are both given', 'Give one of them.')
  }
  if (options.envoyAdminAddress.port === 0) {
    throw invalid("port 0 is not possible for Envoy's admin address", 'Give it a port of its own.')
  }
  const addresses = {
    'status address': options.statusAddress,
    'Envoy admin address': options.envoyAdminAddress,
    'health address': options.healthAddress,
    'Prometheus address': options.prometheusAddress,
  }
  const seen = new Map<string, string>()
  for (const [name, address] of Object.entries(addresses)) {
    if (address === undefined) continue
    const text = formatSocketAddress(address)
    if (isWildcard(address) && (options.interceptionMode === 'NONE' || name === 'Envoy admin address')) {
      const why = name === 'Envoy admin address' ? 'it gives control over Envoy' : 'several agents share this host'
      throw invalid(`the ${name} ${text} is a wildcard, and ${why}`, 'Give one address of this host.')
    }
    const other = seen.get(text)
    if (other !== undefined && address.port !== 0) {
      throw invalid(`the ${name} and the ${other} are both ${text}`, 'Give each a port of its own.')
    }
    seen.set(text, name)
  }
}

function invalid(message: string, remedy: string): MeshwrightError {
  return new MeshwrightError('AGENT_OPTION_INVALID', { message, remedy })
}
