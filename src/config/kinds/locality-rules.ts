/** What settings about localities may say. */

import type { Report } from './kind.ts'
import type { LocalityLoadBalancer, ZoneAwareLoadBalancer } from './load-balancer.ts'

export function checkLocality(setting: LocalityLoadBalancer, field: string, report: Report): void {
  const ways = (['distribute', 'failover', 'failoverPriority'] as const).filter(
    name => (setting[name] ?? []).length > 0,
  )
  if (ways.includes('distribute') && ways.length > 1) {
    report.error(`${field}.distribute`, `cannot stand beside ${ways[1]}`, 'choose one way of spreading over localities')
  }
  if (ways.includes('failover')) checkPriorityLabels(setting.failoverPriority, `${field}.failoverPriority`, report)
  for (const [index, { from, to }] of (setting.distribute ?? []).entries()) {
    const weights = Object.values(to ?? {})
    const total = weights.reduce((sum, weight) => sum + weight, 0)
    if ((from ?? '') === '')
      report.error(`${field}.distribute[${index}].from`, 'is required', 'name the locality of the caller')
    if (total !== 100)
      report.error(`${field}.distribute[${index}].to`, `the weights add up to ${total}`, 'make them add up to 100')
    else if (weights.includes(0))
      report.error(`${field}.distribute[${index}].to`, 'has a locality without a share', 'leave it out')
    const fault = localitiesFault(Object.keys(to ?? {}))
    if (fault !== undefined) report.error(`${field}.distribute[${index}].to`, fault)
  }
  const callers = (setting.distribute ?? []).flatMap(({ from = '' }) => (from === '' ? [] : [from]))
  const fault = localitiesFault(callers)
  if (fault !== undefined) report.error(`${field}.distribute`, fault)
  checkFailover(setting.failover ?? [], `${field}.failover`, report)
}

export function checkZoneAware(setting: ZoneAwareLoadBalancer, field: string, report: Report): void {
  checkPriorityLabels(setting.failoverPriority, `${field}.failoverPriority`, report)
  checkFailover(setting.failover ?? [], `${field}.failover`, report)
}

function checkFailover(failover: NonNullable<LocalityLoadBalancer['failover']>, field: string, report: Report): void {
  for (const [index, { from = '', to = '' }] of failover.entries()) {
    if (from === to) report.error(`${field}[${index}].to`, `${to} cannot fail over to itself`, 'name another region')
    for (const [name, region] of [
      ['from', from],
      ['to', to],
    ] as const) {
      if (/[/*]/.test(region))
        report.error(`${field}[${index}].${name}`, `'${region}' is more than a region`, 'name a region alone')
    }
  }
}

const topologyLabels = [
  'topology.kubernetes.io/region',
  'topology.kubernetes.io/zone',
  'topology.istio.io/subzone',
] as const

/** Localities come by themselves there, and labels are for what they do not say. */
function checkPriorityLabels(labels: readonly string[] | undefined, field: string, report: Report): void {
  for (const [index, label] of (labels ?? []).entries()) {
    if (topologyLabels.some(known => known === label))
      report.error(`${field}[${index}]`, `${label} is looked at in any case`, 'remove it')
  }
}

/** `region`, `region/zone` or `region/zone/subzone`, each within no other; `*` at the end stands for all. */
function localitiesFault(localities: readonly string[]): string | undefined {
  const taken: string[][] = []
  for (const locality of localities) {
    const parts = locality.split('/')
    if (parts.slice(0, 3).includes('')) return `'${locality}' is not REGION/ZONE/SUBZONE`
    if (locality.indexOf('*') >= 0 && locality.indexOf('*') < locality.length - 1)
      return `'${locality}' has a wildcard before its end`
    const isWildcard = parts.at(-1) === '*'
    const steps = isWildcard ? parts.slice(0, -1) : parts
    // What is left over by those before may be swept up by a wildcard at the end.
    if (taken.some(known => isWithin(known, steps) || (!isWildcard && isWithin(steps, known))))
      return `'${locality}' overlaps another`
    taken.push(steps)
  }
  return undefined
}

const isWithin = (outer: readonly string[], inner: readonly string[]): boolean =>
  outer.length <= inner.length && outer.every((step, index) => inner[index] === step)
