/** Which of several objects define a service when they name the same host in the same namespace. */

import { byText } from '../../config/meaning/seniority.ts'
import type { MeshService, ServicePort } from '../service.ts'
import type { ServiceDefinition } from './definition.ts'

/**
 * Those that count, the leading one first: a Kubernetes Service leads, then the oldest. The others add ports and
 * endpoints where they find endpoints the same way, and are left out otherwise.
 */
export function rankedDefinitions(definitions: readonly ServiceDefinition[]): readonly ServiceDefinition[] {
  if (definitions.length < 2) return definitions
  const ranked = [...definitions].sort(byRank)
  const resolution = ranked[0]?.service.resolution
  return ranked.filter(definition => definition.service.resolution === resolution)
}

/** Expects the definitions as `rankedDefinitions` gives them. */
export function mergedService(ranked: readonly ServiceDefinition[]): MeshService | undefined {
  const [first, ...others] = ranked
  if (first === undefined || others.length === 0) return first?.service
  const ports = new Map<number, ServicePort>()
  for (const { service } of ranked) {
    for (const port of service.ports) if (!ports.has(port.number)) ports.set(port.number, port)
  }
  const union = (of: (service: MeshService) => readonly string[]): readonly string[] => [
    ...new Set(ranked.flatMap(({ service }) => of(service))),
  ]
  return {
    ...first.service,
    ports: [...ports.values()],
    addresses: union(service => service.addresses),
    subjectAltNames: union(service => service.subjectAltNames),
  }
}

function byRank(a: ServiceDefinition, b: ServiceDefinition): number {
  const registry = Number(b.service.registry === 'Kubernetes') - Number(a.service.registry === 'Kubernetes')
  return registry || byText(a.service.createdAt, b.service.createdAt) || byText(a.object, b.object)
}
