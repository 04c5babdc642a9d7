/** Objects that claim the same host: each is told of the other, and which of them counts. */

import type { AnyObject, ObjectOf } from '../../config/kinds/catalogue.ts'
import { isExportedTo, resolveExportTo } from '../../config/meaning/export-to.ts'
import { qualifiedHost } from '../../config/meaning/hostname.ts'
import { bySeniority } from '../../config/meaning/seniority.ts'
import type { MeshConfig } from '../../config/mesh-config.ts'
import type { ObjectConflict } from '../../config/object-status.ts'
import type { Sources } from '../../discovery/sources.ts'
import { isForMesh } from '../../discovery/virtual-service.ts'

export interface ConflictContext {
  readonly sources: Pick<Sources, 'DestinationRule' | 'VirtualService'>
  readonly mesh: MeshConfig
  /** Of the cluster, for example `cluster.local`. */
  readonly domain: string
}

/** Cost: the number of objects of its kind. */
export function conflictsOf(object: AnyObject, context: ConflictContext): readonly ObjectConflict[] {
  switch (object.kind) {
    case 'DestinationRule':
      return ruleConflicts(object, context)
    case 'VirtualService':
      return routeConflicts(object, context)
    default:
      return []
  }
}

type Claiming = ObjectOf<'DestinationRule'> | ObjectOf<'VirtualService'>

function ruleConflicts(rule: ObjectOf<'DestinationRule'>, context: ConflictContext): readonly ObjectConflict[] {
  const host = hostOf(rule.spec.host, rule, context)
  const conflicts: ObjectConflict[] = []
  for (const other of context.sources.DestinationRule.values()) {
    if (isSame(rule, other) || hostOf(other.spec.host, other, context) !== host) continue
    if (!haveClientsInCommon(rule, other, context)) continue
    conflicts.push({
      with: referenceTo(other),
      field: 'spec.host',
      subject: host,
      reason: ruleReason(rule, other),
    })
  }
  return conflicts.sort(byOther)
}

function ruleReason(rule: ObjectOf<'DestinationRule'>, other: ObjectOf<'DestinationRule'>): string {
  if (rule.metadata.namespace !== other.metadata.namespace) {
    return 'for each client one of them counts: that of its own namespace, then that of the service, then that of the root namespace'
  }
  const [older] = [rule, other].sort(bySeniority)
  const name = older === rule ? 'this one' : `${other.metadata.namespace}/${other.metadata.name}`
  return `they are merged; where both say the same, ${name}, the older, counts`
}

function routeConflicts(route: ObjectOf<'VirtualService'>, context: ConflictContext): readonly ObjectConflict[] {
  if (!isForMesh(route.spec)) return []
  const own = new Map<string, number>()
  for (const [index, host] of (route.spec.hosts ?? []).entries()) own.set(hostOf(host, route, context), index)
  const conflicts: ObjectConflict[] = []
  for (const other of context.sources.VirtualService.values()) {
    if (isSame(route, other) || !isForMesh(other.spec) || !haveClientsInCommon(route, other, context)) continue
    for (const host of new Set((other.spec.hosts ?? []).map(written => hostOf(written, other, context)))) {
      const index = own.get(host)
      if (index === undefined) continue
      const [older] = [route, other].sort(bySeniority)
      conflicts.push({
        with: referenceTo(other),
        field: `spec.hosts[${index}]`,
        subject: host,
        reason:
          older === route
            ? 'this one is older and counts where both may route the host'
            : `${other.metadata.namespace}/${other.metadata.name} is older and counts where both may route the host`,
      })
    }
  }
  return conflicts.sort(byOther)
}

/** Two that no client sees both of are no conflict. */
function haveClientsInCommon(a: Claiming, b: Claiming, context: ConflictContext): boolean {
  const [toA, toB] = [exportOf(a, context), exportOf(b, context)]
  const clients = new Set([...toA, ...toB, a.metadata.namespace, b.metadata.namespace])
  const sees = (client: string, one: Claiming, exportTo: readonly string[]): boolean =>
    client === one.metadata.namespace || isExportedTo(exportTo, client)
  return [...clients].some(client => sees(client, a, toA) && sees(client, b, toB))
}

function exportOf({ kind, metadata, spec }: Claiming, { mesh }: ConflictContext): readonly string[] {
  const usual = kind === 'DestinationRule' ? mesh.defaultDestinationRuleExportTo : mesh.defaultVirtualServiceExportTo
  return resolveExportTo(spec.exportTo, metadata.namespace, usual)
}

const hostOf = (host: string, { metadata }: Claiming, { domain }: ConflictContext): string =>
  qualifiedHost(host, metadata.namespace, domain)

const isSame = (a: Claiming, b: Claiming): boolean =>
  a.metadata.namespace === b.metadata.namespace && a.metadata.name === b.metadata.name

const referenceTo = ({ kind, metadata: { namespace, name } }: Claiming): ObjectConflict['with'] => ({
  kind,
  namespace,
  name,
})

function byOther(a: ObjectConflict, b: ObjectConflict): number {
  const [left, right] = [a, b].map(({ with: { namespace, name }, subject }) => `${namespace}/${name} ${subject}`)
  return (left ?? '') < (right ?? '') ? -1 : 1
}
