/** The agent's options from the texts of a command line. */

import { isIP } from 'node:net'
import { networkInterfaces } from 'node:os'
import { type Environment, processEnvironment } from '../platform/environment.ts'
import { MeshwrightError } from '../platform/errors.ts'
import { type LogLevel, logLevels } from '../platform/log-level.ts'
import type { XdsVariant } from '../xds/table-set.ts'
import type { AgentOptions } from './agent-options.ts'
import type { InterceptionMode } from './bootstrap/node.ts'
import type { CredentialSource } from './identity/credential.ts'
import { defaultMountDirectory } from './identity/mounted-identity.ts'
import { parseSocketAddress, type SocketAddress, splitHostPort } from './socket-address.ts'

export interface AgentFlagTexts {
  readonly server: string
  readonly serverName: string
  readonly token?: string
  readonly tokenFile?: string
  /** Absent: as Istio's variable FILE_MOUNTED_CERTS says. */
  readonly fileCertificates?: string
  readonly state: string
  readonly namespace?: string
  readonly serviceAccount?: string
  readonly name?: string
  readonly ip: readonly string[]
  /** `KEY=VALUE` each. */
  readonly label: readonly string[]
  readonly interceptionMode: InterceptionMode
  readonly statusAddress: string
  readonly envoyAdminAddress: string
  /** Absent: none in mode NONE, else all addresses; likewise the next one. */
  readonly healthAddress?: string
  readonly prometheusAddress?: string
  readonly clusterId: string
  readonly network: string
  readonly xds: XdsVariant
  /** A number with `ms`, `s`, `m`, `h` or `d`. */
  readonly ttl: string
  readonly keyType: 'P-256' | 'RSA-2048'
  readonly drain: string
  readonly concurrency?: string
  readonly logLevel: string
}

/** Throws AGENT_OPTION_INVALID, naming the flag. */
export function agentOptionsFrom(flags: AgentFlagTexts, environment: Environment = processEnvironment): AgentOptions {
  return Object.freeze({
    server: splitHostPort(flags.server, '--server'),
    serverName: flags.serverName,
    credential: credentialOf(flags),
    certificateDirectory: flags.fileCertificates ?? mountedByIstio(environment),
    stateDirectory: flags.state,
    namespace: flags.namespace,
    serviceAccount: flags.serviceAccount,
    workloadName: flags.name,
    ips: flags.ip.length === 0 ? hostAddresses() : flags.ip.map(requireIp),
    labels: Object.fromEntries(flags.label.map(parseLabel)),
    interceptionMode: flags.interceptionMode,
    clusterId: flags.clusterId,
    network: flags.network,
    locality: undefined,
    extraMetadata: {},
    statusAddress: parseSocketAddress(flags.statusAddress, '--status-address'),
    envoyAdminAddress: parseSocketAddress(flags.envoyAdminAddress, '--envoy-admin-address'),
    healthAddress: listenerAddress(flags.healthAddress, '--health-address', flags.interceptionMode, 15021),
    prometheusAddress: listenerAddress(flags.prometheusAddress, '--prometheus-address', flags.interceptionMode, 15090),
    envoyPath: undefined,
    envoyConcurrency: parseConcurrency(flags.concurrency ?? '2'),
    maxDownstreamConnections: 100_000,
    logLevel: parseLogLevel(flags.logLevel),
    xdsVariant: flags.xds,
    certificateTtlMs: parseDuration(flags.ttl, '--ttl'),
    keyKind: flags.keyType === 'P-256' ? 'ec-p256' : 'rsa-2048',
    drainMs: parseDuration(flags.drain, '--drain'),
  })
}

function credentialOf({ token, tokenFile }: AgentFlagTexts): CredentialSource {
  if (token !== undefined && tokenFile !== undefined) {
    throw invalid('--token and --token-file are both given', 'Give one of them.')
  }
  if (token !== undefined) return { kind: 'token', text: token }
  return tokenFile === undefined ? { kind: 'none' } : { kind: 'token-file', file: tokenFile }
}

function mountedByIstio({ FILE_MOUNTED_CERTS }: Environment): string | undefined {
  return FILE_MOUNTED_CERTS === 'true' ? defaultMountDirectory : undefined
}

function listenerAddress(
  text: string | undefined,
  flag: string,
  mode: InterceptionMode,
  port: number,
): SocketAddress | undefined {
  if (text !== undefined) return parseSocketAddress(text, flag)
  // Without redirection several workloads share the host, and only what was asked for may be bound.
  return mode === 'NONE' ? undefined : { host: '0.0.0.0', port }
}

/** This host's addresses that others can reach; the loopback address when there is none. */
function hostAddresses(): string[] {
  const found = Object.values(networkInterfaces())
    .flatMap(each => each ?? [])
    .filter(({ internal, address }) => !internal && !address.startsWith('fe80:'))
    .sort((a, b) => a.family.localeCompare(b.family))
    .map(({ address }) => address)
  return found.length === 0 ? ['127.0.0.1'] : found
}

function requireIp(text: string): string {
  if (isIP(text) === 0) throw invalid(`--ip ${JSON.stringify(text)} is no IP address`, 'Give an IPv4 or IPv6 address.')
  return text
}

function parseLabel(text: string): [string, string] {
  const at = text.indexOf('=')
  if (at < 1) throw invalid(`--label ${JSON.stringify(text)} is not KEY=VALUE`, 'Write it like app=web.')
  return [text.slice(0, at), text.slice(at + 1)]
}

function parseDuration(text: string, flag: string): number {
  const match = /^(\d{1,9})(ms|s|m|h|d)$/.exec(text)
  const unit = unitsMs[match?.[2] ?? '']
  if (unit === undefined) throw invalid(`${flag} ${JSON.stringify(text)} is no duration`, 'Write it like 30s or 24h.')
  return Number(match?.[1]) * unit
}

const unitsMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

function parseConcurrency(text: string): number {
  const threads = Number(text)
  if (Number.isInteger(threads) && threads >= 1 && threads <= 1_024) return threads
  throw invalid(`--concurrency ${JSON.stringify(text)} is no number of threads`, 'Give a whole number from 1 to 1024.')
}

function parseLogLevel(text: string): LogLevel {
  const level = logLevels.find(each => each === text)
  if (level !== undefined) return level
  throw invalid(`--log-level ${JSON.stringify(text)} is unknown`, `Give one of ${logLevels.join(', ')}.`)
}

function invalid(message: string, remedy: string): MeshwrightError {
  return new MeshwrightError('AGENT_OPTION_INVALID', { message, remedy })
}
