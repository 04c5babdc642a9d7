/**
 * The composition root of the control plane: opens what it owns in an order in which nothing is served before it can be
 * served rightly, joins the stages, and takes all down again.
 *
 *   files ─▶ sources ─▶ graph ─▶ tables ─▶ xDS ─┐
 *                     database ─▶ authority ─────┴▶ gRPC (TLS)      management (TLS) · probes (HTTP)
 */

import { adminToken, writeCredential } from '../admin/credential.ts'
import type { DaemonView } from '../admin/daemon-view.ts'
import { createHttpSide, type HttpSide } from '../admin/server.ts'
import { type CertificateAuthority, createCertificateAuthority } from '../ca/certificate-authority.ts'
import { caMigrations } from '../ca/schema.ts'
import { sqliteCaStore } from '../ca/store-sqlite.ts'
import { createDiscovery } from '../discovery/discovery.ts'
import { createGraph } from '../graph/graph.ts'
import { createGrpcServer, type GrpcServer, type TlsMaterial } from '../grpc/server.ts'
import { formatHostPort, type HostPort, type ServeOptions } from '../options.ts'
import type { Clock } from '../platform/clock.ts'
import { type Database, openDatabase } from '../platform/database/database.ts'
import { messageBytes } from '../platform/encoded-resource.ts'
import type { Log } from '../platform/log.ts'
import { meshwrightVersion } from '../platform/version.ts'
import { createTranslation } from '../translate/engine.ts'
import { decodeExpanded } from '../translate/envoy-messages.ts'
import { resourceKinds } from '../translate/kinds.ts'
import { createAdsServer } from '../xds/ads-server.ts'
import type { ResourceTable } from '../xds/resource-table.ts'
import { createResourceTable } from '../xds/table.ts'
import { createConfigIntake } from './config-intake.ts'
import { createProxyDirectory } from './directory.ts'
import { createMetrics } from './metrics.ts'
import { type PortName, readPorts, stickyAddress, writePorts } from './ports.ts'
import { findSession, proxyStatusFrom, typeUrlNamed } from './proxy-status.ts'

export interface Daemon {
  /** Resolves when it serves. Throws a `MeshwrightError` that says what stood in the way; then everything is closed again. */
  start(): Promise<Ports>
  /** Drains: streams are told to go, then all is closed. */
  stop(): Promise<void>
}

export type Ports = Readonly<Partial<Record<PortName, number>>>

export interface DaemonDependencies {
  readonly clock: Clock
  readonly log: Log
  readonly random: () => number
}

const drainMs = 3000

export function createDaemon(options: ServeOptions, dependencies: DaemonDependencies): Daemon {
  let closers: (() => Promise<void> | void)[] = []
  const close = async (): Promise<void> => {
    const ending = closers.reverse()
    closers = []
    for (const end of ending) await end()
  }
  return {
    async start() {
      try {
        return await run(options, dependencies, closer => closers.push(closer))
      } catch (error) {
        await close()
        throw error
      }
    },
    stop: close,
  }
}

async function run(
  options: ServeOptions,
  { clock, log, random }: DaemonDependencies,
  onClose: (closer: () => Promise<void> | void) => void,
): Promise<Ports> {
  const startedAtMs = clock.monotonicMs()
  const intake = createConfigIntake({ directories: options.config, meshConfigFile: options.meshConfig, clock, log })
  const mesh = intake.readMesh()
  const database = openDatabase({ directory: options.data, migrations: caMigrations, log })
  onClose(() => database.close())
  const ca = authority(options, database, { clock, log, trustDomain: mesh.trustDomain })
  await ca.start()
  onClose(() => ca.stop())

  const graph = createGraph()
  const discovery = createDiscovery(graph)
  const translation = createTranslation<ResourceTable>({
    graph,
    discovery,
    kinds: resourceKinds,
    createTable: createResourceTable,
    clock,
    log,
  })
  onClose(() => translation.stop())
  const directory = createProxyDirectory({ translation, isSynced: () => intake.isSynced() })
  const ads = createAdsServer({
    directory,
    clock,
    log,
    observer: {
      accepted: (_session, typeUrl) => metrics.pushed(typeUrl),
      refused: (_session, typeUrl) => metrics.rejected(typeUrl),
    },
  })

  const tls = async (): Promise<TlsMaterial> => {
    const { certificateChainPem, privateKeyPem } = await ca.issueServerCertificate()
    return { chainPem: certificateChainPem, keyPem: privateKeyPem, trustPem: ca.trustBundlePem() }
  }
  const before = readPorts(options.data)
  const server = (address: HostPort, material: TlsMaterial | undefined): GrpcServer =>
    createGrpcServer({
      listen: { kind: 'tcp', ...address },
      log,
      clock,
      random,
      ...(material === undefined ? {} : { tls: material }),
    })
  const secure = server(await stickyAddress(options.secureAddress, before.secure), await tls())
  for (const method of [...ads.methods, ...ca.methods]) secure.register(method)
  const metrics = createMetrics({
    version: meshwrightVersion,
    uptimeSeconds: () => (clock.monotonicMs() - startedAtMs) / 1000,
    ca: () => ca.metrics(),
    xds: () => ads.stats,
    connectedProxies: () => [...ads.sessions()].length,
    services: () => discovery.facts.services.size,
    facets: () => translation.facetCounts(),
    grpc: () => secure.stats(),
  })

  const view: DaemonView = {
    version: meshwrightVersion,
    readiness: () => ({ ready: intake.isSynced() && serving, waitingFor: waitingFor(intake.isSynced(), serving) }),
    metrics: () => metrics.text(),
    proxies: () => [...ads.sessions()].map(proxyStatusFrom),
    proxyResources(node, type) {
      const session = findSession(ads.sessions(), node)
      const typeUrl = typeUrlNamed(type)
      const held = session.types.find(candidate => candidate.typeUrl === typeUrl)?.held()
      const tables = directory.tablesOf(session.node.id)?.tables(typeUrl) ?? []
      return [...(held ?? [])].sort(byName).map(([name, version]) => {
        const resource = tables.map(table => table.get(name)).find(found => found !== undefined)
        return {
          name,
          version,
          resource: resource === undefined ? null : decodeExpanded(typeUrl, messageBytes(resource)),
        }
      })
    },
    async createToken({ namespace, serviceAccount, ttlSeconds }) {
      const { text, claims } = await ca.createJoinToken({ namespace, serviceAccount, ttlMs: ttlSeconds * 1000 })
      log.info({ namespace, serviceAccount, expiresAtMs: claims.expiresAtMs }, 'join token made')
      return { token: text, identity: claims.identity.uri, expiresAt: new Date(claims.expiresAtMs).toISOString() }
    },
    trustBundlePem: () => ca.trustBundlePem(),
    configStatus: () => intake.status(),
    graphDiagram: () => graph.diagram(),
  }
  let serving = false

  const http = createHttpSide({
    side: 'http',
    ...(await stickyAddress(options.httpAddress, before.http)),
    daemon: view,
    log,
  })
  const httpPort = (await started(http, onClose)).port
  await intake.start({
    commit(edit) {
      const begin = clock.monotonicMs()
      const report = translation.commit(() => edit({ sources: discovery.sources, mesh: discovery.mesh }))
      ads.flush()
      metrics.committed(clock.monotonicMs() - begin, report.failures.length)
      for (const { collection, key, error } of report.failures) {
        log.error({ collection, key, err: error }, 'derivation failed; its last output stays')
      }
    },
    onStatus: counts => metrics.configuration(counts),
  })
  onClose(() => intake.stop())

  const token = adminToken(options.data)
  const material = await tls()
  const management = createHttpSide({
    side: 'management',
    ...(await stickyAddress(options.managementAddress, before.management)),
    daemon: view,
    log,
    management: { chainPem: material.chainPem, keyPem: material.keyPem, token },
  })
  const managementBound = await started(management, onClose)
  const securePort = await startedGrpc(secure, onClose)
  const plaintextPort = await startPlaintext(options, server, ads.methods, onClose)
  onClose(
    ca.onServerCertificate(({ certificateChainPem, privateKeyPem }) => {
      secure.setTls({ chainPem: certificateChainPem, keyPem: privateKeyPem, trustPem: ca.trustBundlePem() })
      management.setCertificate(certificateChainPem, privateKeyPem)
    }),
  )
  const ports: Ports = {
    secure: securePort,
    ...(plaintextPort === undefined ? {} : { plaintext: plaintextPort }),
    http: httpPort,
    management: managementBound.port,
  }
  writeCredential(options.data, { address: formatHostPort(managementBound), rootPem: ca.trustBundlePem(), token })
  writePorts(options.data, ports)
  serving = true
  log.info({ ports, trustDomain: mesh.trustDomain, tookMs: Math.round(clock.monotonicMs() - startedAtMs) }, 'serving')
  return ports
}

function authority(
  options: ServeOptions,
  database: Database,
  { clock, log, trustDomain }: { clock: Clock; log: Log; trustDomain: string },
): CertificateAuthority {
  return createCertificateAuthority({
    store: sqliteCaStore(database),
    directory: options.data,
    clock,
    log,
    trustDomain,
    serverNames: options.serverNames,
  })
}

async function started(side: HttpSide, onClose: (closer: () => Promise<void>) => void): Promise<HostPort> {
  const bound = await side.start()
  onClose(() => side.stop())
  return bound
}

async function startedGrpc(server: GrpcServer, onClose: (closer: () => Promise<void>) => void): Promise<number> {
  const bound = await server.start()
  onClose(() => server.stop({ withinMs: drainMs }))
  return 'port' in bound ? bound.port : 0
}

async function startPlaintext(
  options: ServeOptions,
  server: (address: HostPort, material: undefined) => GrpcServer,
  methods: readonly Parameters<GrpcServer['register']>[0][],
  onClose: (closer: () => Promise<void>) => void,
): Promise<number | undefined> {
  if (options.plaintextAddress === undefined) return undefined
  const address = await stickyAddress(options.plaintextAddress, readPorts(options.data).plaintext)
  const plaintext = server(address, undefined)
  for (const method of methods) plaintext.register(method)
  return startedGrpc(plaintext, onClose)
}

function waitingFor(synced: boolean, serving: boolean): readonly string[] {
  return [...(synced ? [] : ['configuration']), ...(serving ? [] : ['listeners'])]
}

function byName([a]: readonly [string, string], [b]: readonly [string, string]): number {
  return a < b ? -1 : a > b ? 1 : 0
}
