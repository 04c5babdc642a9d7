/** How traffic may be spread over localities, and which take over from which. */

import type { Report } from './kind.ts'
import type { LocalityLoadBalancer, ZoneAwareLoadBalancer } from './load-balancer.ts'

export interface LocalityPlace {
  readonly field: string
  /** Whether endpoints that fail are found out: without that nothing ever fails over. */
  readonly outliers: 'detected' | 'not detected'
}

export function checkLocality(setting: LocalityLoadBalancer, place: LocalityPlace, report: Report): void {
  const { field } = place
  const { distribute = [], failover = [], failoverPriority = [] } = setting
  if (distribute.length > 0 && failover.length > 0)
    report.error(`${field}.distribute`, 'cannot stand beside failover', 'choose one way of spreading over localities')
  else if (distribute.length > 0 && failoverPriority.length > 0)
    report.warning(`${field}.failoverPriority`, 'is not read beside distribute', 'remove it')
  if (failover.length > 0)
    checkLabels(failoverPriority, 'cannot stand beside failover, which orders regions', place, report)
  checkDistribution(distribute, field, report)
  checkFailover(setting, place, report)
}

/** Zones and regions are told apart by themselves; what is said is the order of other regions. */
export function checkZoneAware(setting: ZoneAwareLoadBalancer, place: LocalityPlace, report: Report): void {
  const reason = 'is looked at anyway, since endpoints are told apart by region and zone'
  checkLabels(setting.failoverPriority ?? [], reason, place, report)
  checkFailover(setting, place, report)
}

const topologyLabels: ReadonlySet<string> = new Set([
  'topology.kubernetes.io/region',
  'topology.kubernetes.io/zone',
  'topology.istio.io/subzone',
])

function checkLabels(labels: readonly string[], reason: string, { field }: LocalityPlace, report: Report): void {
  for (const [index, label] of labels.entries()) {
    if (topologyLabels.has(label))
      report.error(`${field}.failoverPriority[${index}]`, `${label} ${reason}`, 'remove it')
  }
}

function checkDistribution(
  distribute: NonNullable<LocalityLoadBalancer['distribute']>,
  field: string,
  report: Report,
): void {
  const callers = new Localities()
  for (const [index, { from = '', to = {} }] of distribute.entries()) {
    const place = `${field}.distribute[${index}]`
    if (from === '') report.error(`${place}.from`, 'is required', 'name the locality of the caller')
    else checkLocalityPattern(from, callers, `${place}.from`, report)
    callers.add(from)
    const total = Object.values(to).reduce((sum, weight) => sum + weight, 0)
    if (total !== 100) report.error(`${place}.to`, `the weights add up to ${total}`, 'make them add up to 100')
    const targets = new Localities()
    for (const [locality, weight] of Object.entries(to)) {
      if (weight === 0)
        report.error(`${place}.to`, `${locality} has the weight 0`, 'give it 1 or more, or leave it out')
      checkLocalityPattern(locality, targets, `${place}.to`, report)
      targets.add(locality)
    }
  }
}

/** `region/zone/subzone`, the latter two optional, with one `*` at the end; none that one before covers. */
function checkLocalityPattern(locality: string, before: Localities, field: string, report: Report): void {
  const parts = locality.split('/')
  if (parts.includes('')) report.error(field, `'${locality}' has an empty part`, 'write region/zone/subzone')
  const star = locality.indexOf('*')
  if (star >= 0 && star < locality.length - 1)
    report.error(field, `'${locality}' has a wildcard before its end`, 'write one * at the end')
  const earlier = before.overlapping(locality)
  if (earlier !== undefined) report.error(field, `'${locality}' overlaps with ${earlier}`, 'keep one of the two')
}

const isRegion = (locality: string): boolean => !/[/*]/.test(locality)

/** Those that came before, so that none has to be compared with each. */
class Localities {
  private readonly all: string[] = []
  /** Without the wildcard at its end → the first of them; `*` is the empty text. */
  private readonly byName = new Map<string, number>()
  private readonly byRegion = new Map<string, number>()

  add(locality: string): void {
    if (locality === '') return
    const index = this.all.push(locality) - 1
    const name = locality.replace(/\/?\*$/, '')
    const region = locality.split('/')[0] ?? ''
    if (!this.byName.has(name)) this.byName.set(name, index)
    if (!this.byRegion.has(region)) this.byRegion.set(region, index)
  }

  /** The first that the locality is within, or, where it is a region, that is within it. */
  overlapping(locality: string): string | undefined {
    const parts = locality.split('/')
    const around = parts.map((_part, index) => this.byName.get(parts.slice(0, index + 1).join('/')))
    const inside = isRegion(locality) ? this.byRegion.get(locality) : undefined
    const found = [this.byName.get(''), ...around, inside].filter(index => index !== undefined)
    return found.length === 0 ? undefined : this.all[Math.min(...found)]
  }
}

function checkFailover(
  { failover = [], failoverPriority = [] }: Pick<LocalityLoadBalancer, 'failover' | 'failoverPriority'>,
  { field, outliers }: LocalityPlace,
  report: Report,
): void {
  if (outliers === 'not detected' && failover.length + failoverPriority.length > 0)
    report.warning(
      `${field}.${failover.length > 0 ? 'failover' : 'failoverPriority'}`,
      'never happens without outlierDetection, by which endpoints are known to fail',
      'add outlierDetection',
    )
  for (const [index, { from = '', to = '' }] of failover.entries()) {
    const place = `${field}.failover[${index}]`
    if (from === to) report.error(`${place}.to`, `${to || 'nothing'} cannot fail over to itself`, 'name another region')
    for (const [name, region] of [
      ['from', from],
      ['to', to],
    ] as const) {
      if (/[/*]/.test(region)) report.error(`${place}.${name}`, `'${region}' is not a region`, 'name a region alone')
    }
  }
}
