/** The true status of objects and proxies, as the HTTP sides ask for it. */

import type { ExplanationView, SourceView, StatusView } from '../../admin/status-view.ts'
import type { Origin } from '../../config/object.ts'
import type { Clock } from '../../platform/clock.ts'
import { MeshwrightError } from '../../platform/errors.ts'
import type { SessionStatus } from '../../xds/session-status.ts'
import { isWanted } from '../../xds/subscription.ts'
import { findSession, typeUrlNamed } from '../views/proxy-status.ts'
import type { ObjectStatuses, ObjectStatusParts } from './object-statuses.ts'
import type { MeshWideSource } from './provenance/mesh-wide.ts'
import { explain, type MeshWideInfluence } from './provenance/provenance.ts'
import { staleProxies } from './stale-proxies.ts'
import { type Waits, waitConditions } from './waits.ts'

export interface StatusViewParts extends ObjectStatusParts {
  readonly statuses: ObjectStatuses
  readonly waits: Waits
  /** Resources of a type that are kept back from a stream. */
  readonly quarantinedFor: (session: SessionStatus, typeUrl: string) => readonly string[]
  /** What refusals of these resources are blamed on. */
  readonly blameFor: (typeUrl: string, names: readonly string[]) => string | undefined
  readonly clock: Clock
}

export function statusView(parts: StatusViewParts): StatusView {
  const { statuses, waits } = parts
  const referenceFrom = (kind: string, namespace: string, name: string) => ({
    kind: statuses.kindNamed(kind),
    namespace,
    name,
  })
  return {
    objectStatus: (kind, namespace, name) => statuses.statusOf(referenceFrom(kind, namespace, name)),
    async wait({ kind, namespace, name, condition, timeoutMs }, signal) {
      const known = waitConditions.find(one => one === condition)
      if (known === undefined) {
        throw new MeshwrightError('REQUEST_INVALID', {
          message: `for: ${JSON.stringify(condition)} cannot be waited for`,
          remedy: `Use one of ${waitConditions.join(', ')}.`,
        })
      }
      return waits.wait({ reference: referenceFrom(kind, namespace, name), condition: known, timeoutMs }, signal)
    },
    stale: () => staleProxies(parts.sessions(), parts),
    explain: (node, type, name) => explanation(parts, node, type, name),
  }
}

async function explanation(
  parts: StatusViewParts,
  node: string,
  type: string,
  name: string | undefined,
): Promise<ExplanationView> {
  const session = findSession(parts.sessions(), node)
  const typeUrl = typeUrlNamed(type)
  const proxy = parts.proxyOf(session.tables)
  const subscription = session.types.find(one => one.typeUrl === typeUrl)?.subscription
  if (proxy === undefined || subscription === undefined) return { resources: [], untried: 0 }
  const held = proxy.tables(typeUrl).flatMap(table => [...table.names()])
  const names = held.filter(one => isWanted(subscription, one) && (name === undefined || one === name)).sort()
  const { sources, meshWide, untried } = await explain(parts, { proxy, typeUrl, names })
  return {
    untried,
    resources: names.map(one => ({
      name: one,
      sources: [
        ...(sources.get(one) ?? []).map(({ object: { kind, metadata, origin }, fields }) => ({
          kind,
          namespace: metadata.namespace,
          name: metadata.name,
          place: formatOrigin(origin),
          fields: fields.map(({ field, parts: changed }) => ({ field, parts: changed })),
        })),
        ...meshWideViews(meshWide.get(one) ?? []),
      ],
    })),
  }
}

const placeOf: Readonly<Record<MeshWideSource['kind'], string>> = {
  MeshConfig: 'the settings of the mesh',
  MeshNetworks: 'the networks of the mesh',
  Revocation: 'meshwright get revocations',
  TrustDomain: 'federation',
}

/** One for each source, with all of its fields. */
function meshWideViews(influences: readonly MeshWideInfluence[]): readonly SourceView[] {
  const bySource = Map.groupBy(influences, ({ source: { kind, name } }) => `${kind}\n${name}`)
  return [...bySource.values()].flatMap(group => {
    const [first] = group
    if (first === undefined) return []
    const { kind, name } = first.source
    const fields = group.map(({ source, parts }) => ({ field: source.field, parts }))
    return { kind, namespace: '', name, place: placeOf[kind], fields }
  })
}

function formatOrigin(origin: Origin): string {
  if (origin.source === 'store') return `revision ${origin.revision}`
  return `${origin.file}:${origin.line}:${origin.column}`
}
