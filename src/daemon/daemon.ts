/**
 * The composition root of the control plane: opens what it owns in an order in which nothing is served before it can be
 * served rightly, joins the stages, and takes all down again.
 *
 *   files ─▶ sources ─▶ graph ─▶ tables ─▶ xDS ─┐
 *                     database ─▶ authority ─────┴▶ gRPC (TLS)      management (TLS) · probes (HTTP)
 */

import { randomUUID } from 'node:crypto'
import { createCertificateAuthority } from '../ca/certificate-authority.ts'
import type { CaSettings } from '../ca/settings.ts'
import { sqliteCaStore } from '../ca/store/store-sqlite.ts'
import { createDiscovery, type Discovery } from '../discovery/discovery.ts'
import { createHostOwnership } from '../discovery/host-ownership.ts'
import { defaultSettings } from '../discovery/settings.ts'
import { createGraph } from '../graph/graph.ts'
import type { ServeOptions } from '../options.ts'
import type { Clock } from '../platform/clock.ts'
import { watchClock } from '../platform/clock-jumps.ts'
import { openDatabase } from '../platform/database/database.ts'
import type { Log } from '../platform/log.ts'
import { meshwrightVersion } from '../platform/version.ts'
import { createTranslation, type Translation } from '../translate/engine.ts'
import { loadMessages } from '../translate/envoy-messages.ts'
import { resourceKinds } from '../translate/kinds.ts'
import { type AdsServer, createAdsServer } from '../xds/ads-server.ts'
import type { ResourceTable } from '../xds/resource-table.ts'
import { createResourceTable } from '../xds/table.ts'
import { databaseMigrations } from './database-schema.ts'
import { followFederatedDomains } from './federated-domains.ts'
import { type Commit, createConfigIntake } from './intake/config-intake.ts'
import { followReferences, type ReferenceChecks } from './intake/reference-checks.ts'
import { createMetrics, type Metrics } from './metrics.ts'
import type { Ports } from './ports.ts'
import { createProxyDirectory } from './proxy-directory.ts'
import { createAbsentProxies } from './revocation/absent-proxies.ts'
import { createRevocationControl } from './revocation/revocation-control.ts'
import { createEnforcement } from './revocation/revocation-enforcement.ts'
import { revocationView } from './revocation/revocation-view.ts'
import { createServers } from './servers.ts'
import { earlierChanges } from './status/experiment/earlier-changes.ts'
import { createTrueStatus, type TrueStatus } from './status/true-status.ts'
import { daemonView } from './views/daemon-view.ts'
import { doctorView } from './views/doctor-view.ts'
import { rotationView } from './views/rotation-view.ts'

export interface Daemon {
  /** Resolves when it serves. Throws a `MeshwrightError` that says what stood in the way; then everything is closed again. */
  start(): Promise<Ports>
  /** Drains: streams are told to go, then all is closed. */
  stop(): Promise<void>
}

export interface DaemonDependencies {
  readonly clock: Clock
  readonly log: Log
  readonly random: () => number
}

type OnClose = (closer: () => Promise<void> | void) => void

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
  onClose: OnClose,
): Promise<Ports> {
  const startedAtMs = clock.monotonicMs()
  const database = openDatabase({ directory: options.data, migrations: databaseMigrations, log })
  onClose(() => database.close())
  const graph = createGraph()
  const settings = { ...defaultSettings, hostOwnership: options.hostOwnership }
  const discovery = createDiscovery(graph, settings)
  const intake = createConfigIntake({
    directories: options.config,
    meshConfigFile: options.meshConfig,
    meshNetworksFile: options.meshNetworks,
    database,
    quotas: options.namespaceQuota,
    history: options.configHistory,
    ownership: createHostOwnership({ discovery, settings }),
    preview: changes => status.preview(changes),
    references: changes => references.suppose(changes),
    newUid: randomUUID,
    observer: { applied: tookMs => metrics.store.applied(tookMs), refused: reason => metrics.store.refused(reason) },
    clock,
    log,
  })
  const { trustDomain } = intake.readMesh()
  const caSettings = await readSettingsOfCa(options.caConfig)
  const ca = createCertificateAuthority({
    store: sqliteCaStore(database),
    directory: options.data,
    clock,
    log,
    trustDomain,
    serverNames: options.serverNames,
    settings: caSettings,
  })
  await ca.start()
  onClose(() => ca.stop())

  logNotices(discovery, log, () => translation.isSupposing)
  const translation = createTranslation<ResourceTable>({
    graph,
    discovery,
    kinds: resourceKinds,
    createTable: createResourceTable,
    clock,
    log,
  })
  onClose(() => translation.stop())
  const directory = createProxyDirectory({
    translation,
    isSynced: () => intake.isSynced(),
    clock,
    screen: () => status.quarantine,
    trustDomains: () => [trustDomain, ...(discovery.mesh.get('mesh')?.trustDomainAliases ?? [])],
  })
  const ads = createAdsServer({
    directory,
    clock,
    log,
    observer: {
      connected(session) {
        absent.connected(session)
        control.connected(session)
      },
      disconnected(session) {
        absent.disconnected(session)
        status.left(session)
      },
      accepted(session, typeUrl) {
        status.accepted(session)
        metrics.pushed(typeUrl)
        enforcement.accepted(session, typeUrl)
      },
      refused(session, typeUrl, { message }) {
        metrics.rejected(typeUrl)
        status.refused(session, typeUrl, message)
      },
    },
  })
  const status = createTrueStatus({
    ads: () => ads,
    translation,
    discovery,
    directory,
    sourceState: () => intake.sourceState(),
    referenceProblems: reference => references.problemsOf(reference),
    earlierChanges: limit =>
      earlierChanges(
        { sources: discovery.sources, versions: () => intake.versions(), history: id => intake.access.history(id) },
        limit,
      ),
    quarantine: { identities: options.quarantineAfter, dryRunEnvoy: options.dryRunEnvoy },
    observer: {
      traced: kind => metrics.nackTraced(kind),
      securityRefused: kind => metrics.securityRefused(kind),
    },
    clock,
    log,
  })
  const metrics = createMetrics({
    version: meshwrightVersion,
    uptimeSeconds: () => (clock.monotonicMs() - startedAtMs) / 1000,
    ca: () => ca.metrics(),
    xds: () => ads.stats,
    connectedProxies: () => ads.stats.streamsOpened - ads.stats.streamsClosed,
    services: () => discovery.facts.services.size,
    configuration: () => intake.counts(),
    facets: () => translation.facetCounts(),
    quarantined: () => status.quarantine.size,
    authority: ca,
    grpc: () => servers.grpcStats(),
    store: { figures: () => intake.figures(), watches: () => servers.watches() },
  })
  const references = followReferences(discovery, log)
  const commit = committing({ translation, discovery, ads, metrics, references, status, clock, log })
  const absent = createAbsentProxies(discovery.facts, () => clock.now())
  const enforcement = createEnforcement({ sessions: () => ads.sessions(), agents: () => ca.agents.status(), clock })
  const control = createRevocationControl({
    ca,
    ads,
    sources: discovery.revocations,
    enforcement,
    commit: edit => commit(() => edit()),
    endConnections: (which, reason) => servers.endConnections(which, reason),
    clock,
    log,
  })
  let serving = false
  const rotation = rotationView({ ca, trustDomain, clock })
  const view = daemonView({
    references,
    ads,
    ca,
    directory,
    discovery,
    graph,
    intake,
    metrics,
    log,
    doctor: doctorView({ ca, issuer: caSettings.issuer ?? {}, clock }),
    rotation,
    revocation: revocationView({ ca, control, absent, metrics: metrics.revocation, clock }),
    status: status.view,
    blameFor: (typeUrl, names) => status.quarantine.blameFor(typeUrl, names),
    isServing: () => serving,
  })
  const servers = createServers({
    options,
    ca,
    view,
    configuration: intake.access,
    statusOf: reference => status.statuses.statusOf(reference),
    proxiesOf: references => status.listed.of(references),
    xdsMethods: ads.methods,
    clock,
    log,
    random,
    onClose,
  })

  await servers.startProbes()
  await intake.start(commit)
  status.loaded()
  // Before any proxy is served: what was revoked in earlier runs is a part of its first configuration.
  control.start()
  onClose(() => control.stop())
  onClose(
    ca.custody.onRecalled(() => {
      control.recalled().catch((err: unknown) => log.error({ err }, 'recalled revocations not enforced'))
    }),
  )
  onClose(ca.agents.onReport(agent => enforcement.reported(agent)))
  onClose(() => intake.stop())
  onClose(
    followFederatedDomains({
      trust: ca.trust,
      source: discovery.federatedTrustDomains,
      aliases: () => discovery.facts.mesh.get('mesh')?.trustDomainAliases ?? [],
      commit: edit => commit(() => edit()),
      log,
    }),
  )
  const ports = await servers.startRest()
  serving = true
  log.info({ ports, trustDomain, tookMs: Math.round(clock.monotonicMs() - startedAtMs) }, 'serving')
  const watch = watchClock({ clock, log, onJump: jumpMs => ca.clockJumped(jumpMs) })
  onClose(() => watch.stop())
  // Parsing Envoy's messages takes a quarter of a second, which neither the first probe nor, most often, the first proxy need wait for.
  const loading = clock.after(200, loadMessages)
  onClose(() => loading.cancel())
  return ports
}

/** Their schema, and what checks it, are loaded only for those who have some. */
async function readSettingsOfCa(file: string | undefined): Promise<CaSettings> {
  if (file === undefined) return {}
  const { readCaSettings } = await import('../ca/settings.ts')
  return readCaSettings(file)
}

interface CommitParts {
  readonly translation: Translation<ResourceTable>
  readonly discovery: Discovery
  readonly ads: AdsServer
  readonly metrics: Metrics
  readonly references: ReferenceChecks
  readonly status: TrueStatus
  readonly clock: Clock
  readonly log: Log
}

/** An edit, what follows from it, and the streams that it concerns: in one turn, so that nobody sees half of it. */
function committing({ translation, discovery, ads, metrics, references, status, clock, log }: CommitParts): Commit {
  return edit => {
    const begin = clock.monotonicMs()
    const { failures } = translation.commit(() => edit(discovery))
    status.settled()
    ads.flush()
    status.committed()
    metrics.committed(clock.monotonicMs() - begin, failures.length)
    for (const { collection, key, error } of failures) {
      log.error({ collection, key, err: error }, 'derivation failed; its last output stays')
    }
    references.settle()
  }
}

function logNotices(discovery: Discovery, log: Log, isSupposing: () => boolean): void {
  discovery.notices.onCommit(changes => {
    if (isSupposing()) return
    for (const { after } of changes) for (const notice of after ?? []) log.warn({ notice }, 'configuration')
  })
}
