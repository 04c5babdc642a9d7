/** networking.istio.io `LoadBalancerSettings`. */

import {
  bool,
  double,
  duration,
  enumeration,
  list,
  map,
  message,
  optional,
  requiredText,
  text,
  uint32,
  uint64,
  type Value,
} from '../schema/fields.ts'
import { checkPositiveDuration, checkZeroOrPositiveDuration } from './duration-rules.ts'
import type { Report } from './kind.ts'

const consistentHash = message(
  {
    httpHeaderName: optional(text(256)),
    httpCookie: optional(
      message({
        name: requiredText(256),
        path: optional(text(2048)),
        ttl: optional(duration()),
        attributes: optional(list(message({ name: optional(text(256)), value: optional(text(4096)) }), 32)),
      }),
    ),
    useSourceIp: optional(bool()),
    httpQueryParameterName: optional(text(256)),
    ringHash: optional(message({ minimumRingSize: optional(uint64()) })),
    maglev: optional(message({ tableSize: optional(uint64()) })),
    minimumRingSize: optional(uint64()),
  },
  {
    exclusive: [
      ['httpHeaderName', 'httpCookie', 'useSourceIp', 'httpQueryParameterName'],
      ['ringHash', 'maglev'],
    ],
  },
)

export const localityLoadBalancer = message({
  distribute: optional(list(message({ from: optional(text(512)), to: optional(map(uint32())) }), 256)),
  failover: optional(list(message({ from: optional(text(512)), to: optional(text(512)) }), 256)),
  failoverPriority: optional(list(text(512), 64)),
  enabled: optional(bool()),
})

export const loadBalancer = message(
  {
    simple: optional(
      enumeration({ UNSPECIFIED: 0, LEAST_CONN: 1, RANDOM: 2, PASSTHROUGH: 3, ROUND_ROBIN: 4, LEAST_REQUEST: 5 }),
    ),
    consistentHash: optional(consistentHash),
    localityLbSetting: optional(localityLoadBalancer),
    warmupDurationSecs: optional(duration()),
    warmup: optional(
      message({ duration: optional(duration()), minimumPercent: optional(double()), aggression: optional(double()) }),
    ),
  },
  {
    exclusive: [
      ['simple', 'consistentHash'],
      ['warmup', 'warmupDurationSecs'],
    ],
  },
)

export type LoadBalancer = Value<typeof loadBalancer>
export type LocalityLoadBalancer = Value<typeof localityLoadBalancer>

export function checkLoadBalancer(settings: LoadBalancer, field: string, report: Report): void {
  const hash = settings.consistentHash
  if (hash !== undefined) checkConsistentHash(hash, `${field}.consistentHash`, report)
  if (settings.localityLbSetting !== undefined)
    checkLocality(settings.localityLbSetting, `${field}.localityLbSetting`, report)
  checkPositiveDuration(settings.warmupDurationSecs, `${field}.warmupDurationSecs`, report)
  const { warmup } = settings
  if (warmup === undefined) return
  if (warmup.duration === undefined)
    report.error(`${field}.warmup.duration`, 'is required', 'say how long the warm-up takes')
  checkPositiveDuration(warmup.duration, `${field}.warmup.duration`, report)
  if (warmup.minimumPercent !== undefined && (warmup.minimumPercent < 0 || warmup.minimumPercent > 100)) {
    report.error(`${field}.warmup.minimumPercent`, `${warmup.minimumPercent} is not between 0 and 100`)
  }
  if (warmup.aggression !== undefined && warmup.aggression < 1) {
    report.error(`${field}.warmup.aggression`, `${warmup.aggression} is below 1`, 'use 1 or more')
  }
}

function checkConsistentHash(hash: NonNullable<LoadBalancer['consistentHash']>, field: string, report: Report): void {
  checkZeroOrPositiveDuration(hash.httpCookie?.ttl, `${field}.httpCookie.ttl`, report)
  if (hash.minimumRingSize !== undefined && (hash.ringHash !== undefined || hash.maglev !== undefined)) {
    report.error(
      `${field}.minimumRingSize`,
      'cannot stand beside ringHash or maglev',
      'move it to ringHash.minimumRingSize',
    )
  }
  const tableSize = hash.maglev?.tableSize
  // Envoy's own limits for Maglev tables.
  if (hash.maglev !== undefined && (tableSize === undefined || tableSize > 5_000_011 || !isPrime(tableSize))) {
    report.error(
      `${field}.maglev.tableSize`,
      `${tableSize ?? 0} is not a prime number up to 5000011`,
      'use 65537 or another prime',
    )
  }
}

export function checkLocality(setting: LocalityLoadBalancer, field: string, report: Report): void {
  const ways = (['distribute', 'failover', 'failoverPriority'] as const).filter(
    name => (setting[name] ?? []).length > 0,
  )
  if (ways.includes('distribute') && ways.length > 1) {
    report.error(`${field}.distribute`, `cannot stand beside ${ways[1]}`, 'choose one way of spreading over localities')
  }
  for (const [index, { from, to }] of (setting.distribute ?? []).entries()) {
    const total = Object.values(to ?? {}).reduce((sum, weight) => sum + weight, 0)
    if ((from ?? '') === '')
      report.error(`${field}.distribute[${index}].from`, 'is required', 'name the locality of the caller')
    if (total !== 100)
      report.error(`${field}.distribute[${index}].to`, `the weights add up to ${total}`, 'make them add up to 100')
  }
  for (const [index, { from, to }] of (setting.failover ?? []).entries()) {
    if (from !== undefined && from === to) {
      report.error(`${field}.failover[${index}].to`, `${to} cannot fail over to itself`, 'name another region')
    }
  }
}

function isPrime(candidate: number): boolean {
  if (candidate < 2) return false
  for (let factor = 2; factor * factor <= candidate; factor++) if (candidate % factor === 0) return false
  return true
}
