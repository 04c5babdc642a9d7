/**
 * Options of the daemon: flag over environment over file over default, one frozen object, and for each value where it
 * came from. One table: the help, the environment names, the file's keys and the reference page are read from it.
 */

import { existsSync, readFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { defaultQuotas, type Quotas } from './config/door/quotas.ts'
import { defaultHistoryPolicy, type HistoryPolicy } from './config/store/sqlite/history-policy.ts'
import { type HostOwnership, hostOwnerships } from './discovery/settings.ts'
import { defaultLimits } from './grpc/server-options.ts'
import { MeshwrightError } from './platform/errors.ts'
import { yamlLibrary } from './platform/late-libraries.ts'
import { type LogLevel, logLevels } from './platform/log-level.ts'

export interface HostPort {
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
}

export interface ServeOptions {
  readonly config: readonly string[]
  readonly data: string
  readonly meshConfig: string | undefined
  readonly meshNetworks: string | undefined
  readonly caConfig: string | undefined
  readonly secureAddress: HostPort
  readonly plaintextAddress: HostPort | undefined
  readonly httpAddress: HostPort
  readonly managementAddress: HostPort
  readonly serverNames: readonly string[]
  readonly handshakesPerAddress: number
  /** 0: never because of proxies alone. */
  readonly quarantineAfter: number
  readonly dryRunEnvoy: string | undefined
  readonly namespaceQuota: Quotas
  readonly configHistory: HistoryPolicy
  readonly hostOwnership: HostOwnership
  readonly logLevel: LogLevel
}

export interface OptionSpec<T> {
  readonly flag: string
  /** As the help shows it, e.g. `<host:port>`. */
  readonly value: string
  readonly description: string
  /** `texts` has one item unless `many`. Throws a reason, without saying where the text came from. */
  parse(texts: readonly string[]): T
  readonly many: 'many' | 'one'
  readonly byDefault: T
  /** How the help shows the default. */
  readonly defaultText: string
}

export type ServeOptionTable = { readonly [K in keyof ServeOptions]: OptionSpec<ServeOptions[K]> }

export interface ResolvedOptions {
  readonly values: ServeOptions
  /** E.g. `flag --data`, `environment MESHWRIGHT_DATA`, `file meshwright.yaml:3`, `default`. */
  readonly origins: Readonly<Record<keyof ServeOptions, string>>
}

export const serveOptions: ServeOptionTable = {
  config: many('--config', '<directory>', 'Folder of YAML configuration, watched; may be given several times', []),
  data: one(
    '--data',
    '<directory>',
    'Where the database, keys and ports.json live',
    text => text,
    defaultDataDirectory(),
  ),
  meshConfig: one<string | undefined>(
    '--mesh-config',
    '<file>',
    'MeshConfig: a mesh.yaml, or a ConfigMap with the key mesh',
    text => text,
    undefined,
  ),
  meshNetworks: one<string | undefined>(
    '--mesh-networks',
    '<file>',
    'MeshNetworks: a YAML file, or a ConfigMap with the key meshNetworks',
    text => text,
    undefined,
  ),
  caConfig: one<string | undefined>(
    '--ca-config',
    '<file>',
    'Settings of the certificate authority (docs/ca.md)',
    text => text,
    undefined,
  ),
  secureAddress: one('--secure-address', '<host:port>', 'TLS gRPC: xDS, CA and agent API', parseHostPort, {
    host: '0.0.0.0',
    port: 15012,
  }),
  plaintextAddress: one<HostPort | undefined>(
    '--plaintext-address',
    '<host:port>',
    'Unauthenticated plaintext xDS; off unless given',
    parseHostPort,
    undefined,
  ),
  httpAddress: one('--http-address', '<host:port>', 'HTTP: /ready, /healthz, /metrics, /version', parseHostPort, {
    host: '127.0.0.1',
    port: 15014,
  }),
  managementAddress: one('--management-address', '<host:port>', 'TLS: management API and /debug', parseHostPort, {
    host: '127.0.0.1',
    port: 15016,
  }),
  serverNames: many(
    '--server-name',
    '<dns-name>',
    "Further DNS name or IP address in the daemon's own certificate; may be given several times",
    [],
  ),
  handshakesPerAddress: one(
    '--handshakes-per-address',
    '<count>',
    'Of the 128 TLS handshakes that may be under way at once, how many an address keeps when others want places',
    parseHandshakes,
    defaultLimits.handshakesPerAddress,
  ),
  quarantineAfter: one(
    '--quarantine-after',
    '<identities>',
    'Distinct identities that must refuse a resource before it is held back for proxies of their build; 0: never',
    parseIdentities,
    3,
  ),
  dryRunEnvoy: one<string | undefined>(
    '--dry-run-envoy',
    '<file>',
    'Envoy binary that is asked whether it takes what proxies of its version refuse',
    text => text,
    undefined,
  ),
  namespaceQuota: {
    ...one(
      '--namespace-quota',
      '<figures>',
      'What a namespace may hold through the API: objects=N,routes=N,bytes=N; 0 is no limit',
      text => ({ ...defaultQuotas, ...parseFigures(text, ['objects', 'routes', 'bytes']) }),
      defaultQuotas,
    ),
    defaultText: 'objects=10000,routes=10000,bytes=67108864',
  },
  configHistory: {
    ...one(
      '--config-history',
      '<figures>',
      'How much of the past is kept: commits=N,days=N, and of each object versions=N',
      parseHistory,
      defaultHistoryPolicy,
    ),
    defaultText: 'commits=1000000,days=90,versions=10',
  },
  hostOwnership: one(
    '--host-ownership',
    '<rule>',
    'Who may route a host for everybody: its owner, or anybody as Istio has it',
    parseHostOwnership,
    'owner',
  ),
  logLevel: one('--log-level', '<level>', `One of ${logLevels.join(', ')}`, parseLogLevel, 'info'),
}

function parseHistory(text: string): HistoryPolicy {
  const { commits, ageMs, versionsOfObject } = defaultHistoryPolicy
  const figures = parseFigures(text, ['commits', 'days', 'versions'])
  return {
    commits: figures.commits ?? commits,
    ageMs: figures.days === undefined ? ageMs : figures.days * 86_400_000,
    versionsOfObject: Math.max(1, figures.versions ?? versionsOfObject),
  }
}

/** `NAME=N,NAME=N`. Throws a reason. */
function parseFigures<Name extends string>(
  text: string,
  names: readonly Name[],
): Partial<Readonly<Record<Name, number>>> {
  const pairs = text.split(',').map(part => {
    const [, word = '', figure] = /^([a-z]+)=(\d{1,15})$/.exec(part.trim()) ?? []
    const name = names.find(known => known === word)
    if (name === undefined)
      throw new Error(`${JSON.stringify(part)} is not one of ${names.map(known => `${known}=N`).join(', ')}`)
    return [name, Number(figure)] as const
  })
  // Sound: the names are those asked for, and the values numbers.
  return Object.fromEntries(pairs) as Partial<Record<Name, number>>
}

function parseHostOwnership(text: string): HostOwnership {
  const rule = hostOwnerships.find(known => known === text)
  if (rule === undefined) throw new Error(`${JSON.stringify(text)} is not one of ${hostOwnerships.join(', ')}`)
  return rule
}

/** Flags as given on the command line, by option; an option not given is absent. */
export type GivenFlags = Partial<Record<keyof ServeOptions, readonly string[]>>

/** Throws `OPTION_INVALID` naming the flag, variable or file line at fault. */
export function resolveServeOptions(
  flags: GivenFlags,
  file: string | undefined,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): ResolvedOptions {
  const fileName = file ?? environment.MESHWRIGHT_OPTIONS
  const fromFile = fileName === undefined ? new Map<string, FileValue>() : readOptionsFile(fileName)
  const values: Record<string, unknown> = {}
  const origins: Record<string, string> = {}
  for (const [key, spec] of Object.entries(serveOptions) as [keyof ServeOptions, OptionSpec<unknown>][]) {
    const given = givenValue(key, spec, { flags, environment, fromFile, fileName: fileName ?? '' })
    origins[key] = given?.origin ?? 'default'
    values[key] = given === undefined ? spec.byDefault : parseAt(spec, given)
  }
  // Sound: every key of the table was filled with a value that its own spec made.
  return Object.freeze({
    values: Object.freeze(values) as unknown as ServeOptions,
    origins: origins as ResolvedOptions['origins'],
  })
}

/** For `--print-options`: a line an option, `key: value  (origin)`. */
export function formatOrigins({ values, origins }: ResolvedOptions): string {
  const lines = (Object.keys(serveOptions) as (keyof ServeOptions)[]).map(key => {
    const value: unknown = values[key]
    const text = value === undefined ? 'none' : isHostPort(value) ? formatHostPort(value) : JSON.stringify(value)
    return `${key}: ${text}  (${origins[key]})`
  })
  return `${lines.join('\n')}\n`
}

/** `--secure-address` → `MESHWRIGHT_SECURE_ADDRESS`. */
export function environmentName(spec: { readonly flag: string }): string {
  return `MESHWRIGHT_${spec.flag.slice(2).toUpperCase().replaceAll('-', '_')}`
}

function parseHandshakes(text: string): number {
  const count = Number(text)
  if (/^\d{1,3}$/.test(text) && count >= 1 && count <= defaultLimits.maxHandshakes) return count
  throw new Error(`${JSON.stringify(text)} is not a number from 1 to ${defaultLimits.maxHandshakes}`)
}

function parseIdentities(text: string): number {
  if (/^\d{1,4}$/.test(text)) return Number(text)
  throw new Error(`${JSON.stringify(text)} is not a number of identities`)
}

/** `HOST:PORT`, `[V6]:PORT` or `:PORT` (all addresses). Throws a reason. */
export function parseHostPort(text: string): HostPort {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]*)):(\d{1,5})$/.exec(text)
  const port = Number(match?.[3])
  if (match === null || port > 65_535) throw new Error(`${JSON.stringify(text)} is not HOST:PORT`)
  return { host: match[1] ?? (match[2] === '' ? '0.0.0.0' : (match[2] as string)), port }
}

export function formatHostPort(address: HostPort): string {
  return address.host.includes(':') ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`
}

/** Root: /var/lib/meshwright; others: the user's state directory. */
export function defaultDataDirectory(): string {
  if (process.getuid?.() === 0) return '/var/lib/meshwright'
  return path.join(process.env.XDG_STATE_HOME || path.join(os.homedir(), '.local', 'state'), 'meshwright')
}

/** Where a command looks for a daemon's data: flag, else environment, else the default. */
export function givenDataDirectory(flag: string | undefined): string {
  return flag ?? (process.env.MESHWRIGHT_DATA || defaultDataDirectory())
}

interface FileValue {
  readonly texts: readonly string[]
  readonly line: number
}

interface GivenValue {
  readonly texts: readonly string[]
  readonly origin: string
}

interface Givers {
  readonly flags: GivenFlags
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly fromFile: ReadonlyMap<string, FileValue>
  readonly fileName: string
}

function givenValue(key: keyof ServeOptions, spec: OptionSpec<unknown>, givers: Givers): GivenValue | undefined {
  const flag = givers.flags[key]
  if (flag !== undefined) return { texts: flag, origin: `flag ${spec.flag}` }
  const name = environmentName(spec)
  const variable = givers.environment[name]
  if (variable !== undefined && variable !== '') {
    return { texts: spec.many === 'many' ? variable.split(path.delimiter) : [variable], origin: `environment ${name}` }
  }
  const line = givers.fromFile.get(key)
  return line === undefined ? undefined : { texts: line.texts, origin: `file ${givers.fileName}:${line.line}` }
}

function parseAt(spec: OptionSpec<unknown>, given: GivenValue): unknown {
  try {
    return spec.parse(given.texts)
  } catch (error) {
    throw invalid(`${given.origin}: ${(error as Error).message}`, `Give ${spec.flag} ${spec.value}.`)
  }
}

function readOptionsFile(file: string): ReadonlyMap<string, FileValue> {
  if (!existsSync(file)) throw invalid(`${file}: no such options file`, 'Give an existing file to --options.')
  const { LineCounter, parseDocument } = yamlLibrary()
  const lines = new LineCounter()
  const document = parseDocument(readFileSync(file, 'utf8'), { lineCounter: lines })
  const fault = document.errors[0]
  if (fault !== undefined) throw invalid(`${file}:${fault.linePos?.[0].line ?? 1}: ${fault.message}`, 'Mend the YAML.')
  const found = new Map<string, FileValue>()
  const content = document.toJS() as unknown
  if (content === null || content === undefined) return found
  if (typeof content !== 'object' || Array.isArray(content))
    throw invalid(`${file}:1: not a map of options`, 'Write KEY: VALUE lines.')
  for (const [key, value] of Object.entries(content)) {
    const node = document.get(key, true) as { readonly range?: readonly number[] } | undefined
    const line = lines.linePos(node?.range?.[0] ?? 0).line
    if (!(key in serveOptions))
      throw invalid(`${file}:${line}: no option ${key}`, `Known: ${Object.keys(serveOptions).join(', ')}.`)
    found.set(key, { texts: (Array.isArray(value) ? value : [value]).map(String), line })
  }
  return found
}

function one<T>(
  flag: string,
  value: string,
  description: string,
  parse: (text: string) => T,
  byDefault: T,
): OptionSpec<T> {
  const defaultText = isHostPort(byDefault)
    ? formatHostPort(byDefault)
    : byDefault === undefined
      ? 'none'
      : String(byDefault)
  return {
    flag,
    value,
    description,
    many: 'one',
    byDefault,
    defaultText,
    parse(texts) {
      const text = texts.at(-1)
      if (text === undefined || text === '') throw new Error('an empty value')
      return parse(text)
    },
  }
}

function many(
  flag: string,
  value: string,
  description: string,
  byDefault: readonly string[],
): OptionSpec<readonly string[]> {
  return { flag, value, description, many: 'many', byDefault, defaultText: 'none', parse: texts => texts }
}

function isHostPort(value: unknown): value is HostPort {
  return typeof value === 'object' && value !== null && 'port' in value
}

function parseLogLevel(text: string): LogLevel {
  const level = logLevels.find(known => known === text)
  if (level === undefined) throw new Error(`${JSON.stringify(text)} is not one of ${logLevels.join(', ')}`)
  return level
}

function invalid(message: string, remedy: string): MeshwrightError {
  return new MeshwrightError('OPTION_INVALID', { message, remedy })
}
