/** What the HTTP sides see of the daemon, answered from its parts. */

import type { DaemonView, NamedResource } from '../../admin/daemon-view.ts'
import type { DoctorView } from '../../admin/doctor-view.ts'
import type { RevocationView } from '../../admin/revocation-view.ts'
import type { RotationView } from '../../admin/rotation-view.ts'
import type { StatusView } from '../../admin/status-view.ts'
import type { CertificateAuthority } from '../../ca/certificate-authority.ts'
import type { Discovery } from '../../discovery/discovery.ts'
import type { Graph } from '../../graph/graph.ts'
import { messageBytes } from '../../platform/encoded-resource.ts'
import type { Log } from '../../platform/log.ts'
import { meshwrightVersion } from '../../platform/version.ts'
import { decodeExpanded } from '../../translate/envoy-messages.ts'
import type { AdsServer } from '../../xds/ads-server.ts'
import type { ConfigIntake } from '../intake/config-intake.ts'
import type { ReferenceChecks } from '../intake/reference-checks.ts'
import type { Metrics } from '../metrics.ts'
import type { ProxyDirectory } from '../proxy-directory.ts'
import { distributionView } from './distribution-view.ts'
import { intermediateView } from './intermediate-view.ts'
import { type BlameFor, findSession, proxyStatusFrom, typeUrlNamed } from './proxy-status.ts'
import { transparencyView } from './transparency-view.ts'

export interface DaemonParts {
  readonly ads: AdsServer
  readonly ca: CertificateAuthority
  readonly directory: ProxyDirectory
  readonly discovery: Discovery
  readonly graph: Graph
  readonly intake: ConfigIntake
  readonly metrics: Metrics
  readonly references: Pick<ReferenceChecks, 'all'>
  readonly log: Log
  readonly doctor: DoctorView
  readonly rotation: RotationView
  readonly revocation: RevocationView
  readonly status: StatusView
  readonly blameFor: BlameFor
  readonly isServing: () => boolean
}

export function daemonView(parts: DaemonParts): DaemonView {
  const { ads, ca, discovery, graph, intake, metrics, log } = parts
  return {
    version: meshwrightVersion,
    transparency: transparencyView(ca.transparency),
    readiness() {
      const waitingFor = [...(intake.isSynced() ? [] : ['configuration']), ...(parts.isServing() ? [] : ['listeners'])]
      return { ready: waitingFor.length === 0, waitingFor }
    },
    metrics: () => metrics.text(),
    proxies: () => [...ads.sessions()].map(session => proxyStatusFrom(session, parts.blameFor)),
    proxyResources: (node, type) => proxyResources(parts, node, type),
    async createToken({ namespace, serviceAccount, ttlSeconds }) {
      const { text, claims } = await ca.createJoinToken({ namespace, serviceAccount, ttlMs: ttlSeconds * 1000 })
      log.info({ identity: claims.identity.uri, expiresAtMs: claims.expiresAtMs }, 'join token made')
      return {
        id: claims.id,
        token: text,
        identity: claims.identity.uri,
        expiresAt: new Date(claims.expiresAtMs).toISOString(),
      }
    },
    tokens: () =>
      ca.joinTokens().map(({ id, identity, expiresAtMs, uses, keys }) => {
        return { id, identity, expiresAt: new Date(expiresAtMs).toISOString(), uses, used: keys.length }
      }),
    async revokeToken(id) {
      await ca.revokeJoinToken(id)
      log.warn({ id }, 'join token revoked')
    },
    distribution: distributionView(ca),
    intermediate: intermediateView(ca),
    doctor: parts.doctor,
    rotation: parts.rotation,
    revocation: parts.revocation,
    status: parts.status,
    configStatus: () => ({
      ...intake.status(),
      notices: [...discovery.notices.values()].flat(),
      references: parts.references.all(),
    }),
    graphDiagram: () => graph.diagram(),
  }
}

function proxyResources({ ads, directory }: DaemonParts, node: string, type: string): readonly NamedResource[] {
  const session = findSession(ads.sessions(), node)
  const typeUrl = typeUrlNamed(type)
  const held = session.types.find(candidate => candidate.typeUrl === typeUrl)?.held() ?? new Map<string, string>()
  const tables = directory.tablesOf(session.node.id)?.tables(typeUrl) ?? []
  return [...held.keys()].sort().map(name => {
    const resource = tables.map(table => table.get(name)).find(found => found !== undefined)
    return {
      name,
      version: held.get(name) ?? '',
      resource: resource === undefined ? null : decodeExpanded(typeUrl, messageBytes(resource)),
    }
  })
}
