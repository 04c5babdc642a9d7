/** networking.istio.io `LoadBalancerSettings`. */

import {
  bool,
  double,
  enumeration,
  field,
  integerBetween,
  list,
  map,
  message,
  optional,
  percentage,
  requiredText,
  text,
  uint32,
  uint64,
  type Value,
  wrapped,
} from '../schema/fields.ts'
import { positiveDuration, positiveMilliseconds, zeroOrPositiveDuration } from './duration-rules.ts'
import type { Report } from './kind.ts'
import { checkLocality, checkZoneAware, type LocalityPlace } from './locality-rules.ts'

const httpCookie = message({
  name: field('The name of the cookie.', requiredText(256)),
  path: field('The path of a cookie that is made.', optional(text(2048)), { default: "the request's" }),
  ttl: field(
    'Given, the proxy makes a cookie for a client that has none, which lives so long; `0s` means the session.',
    optional(zeroOrPositiveDuration()),
    { unit: 'duration', default: 'no cookie is made' },
  ),
  attributes: field(
    'Further attributes of a cookie that is made, such as `SameSite`.',
    optional(
      list(
        message({
          name: field('The name of the attribute.', requiredText(256)),
          value: field('Its value.', optional(text(4096))),
        }),
        32,
      ),
    ),
    { since: '1.28', notInForce: 'cookies are made without them' },
  ),
})

const ringHash = message({
  minimumRingSize: field('The fewest places on the ring; more spread more evenly.', optional(uint64()), {
    default: '1024',
  }),
})

const maglev = message({
  tableSize: field('The places of the table: a prime number up to 5000011.', optional(uint64()), { default: '65537' }),
})

const consistentHash = message(
  {
    httpHeaderName: field('By the value of this header.', optional(text(256))),
    httpCookie: field('By a cookie.', optional(httpCookie)),
    useSourceIp: field("By the client's address.", optional(bool())),
    httpQueryParameterName: field('By the value of this query parameter.', optional(text(256))),
    ringHash: field('A ring of endpoints, Ketama.', optional(ringHash), { default: 'a ring' }),
    maglev: field('A table of endpoints, Maglev: faster, and moves more when endpoints change.', optional(maglev)),
    minimumRingSize: field('The fewest places on the ring.', optional(uint64()), {
      deprecated: 'use `ringHash.minimumRingSize`',
    }),
  },
  {
    exclusive: [
      ['httpHeaderName', 'httpCookie', 'useSourceIp', 'httpQueryParameterName'],
      ['ringHash', 'maglev'],
    ],
  },
)

const noLocality = 'endpoints of every locality are used alike'

const distribute = message({
  from: field('The locality of the caller: `region/zone/*`.', optional(text(512))),
  to: field('Locality → share of the traffic. The shares add up to 100.', optional(map(uint32())), { unit: 'percent' }),
})

const failover = message({
  from: field('The region of the caller.', optional(text(512))),
  to: field('The region that takes over when the own one fails.', optional(text(512))),
})

export const localityLoadBalancer = message({
  distribute: field('How traffic is spread over localities.', optional(list(distribute, 256)), {
    notInForce: noLocality,
  }),
  failover: field('Which region takes over from which.', optional(list(failover, 256)), { notInForce: noLocality }),
  failoverPriority: field(
    'Labels in order: endpoints that share more of the first ones with the caller come first.',
    optional(list(text(512), 64)),
    { notInForce: noLocality },
  ),
  enabled: field('Switches it off or on, whatever the mesh says.', optional(wrapped(bool())), {
    default: "the mesh's",
    notInForce: noLocality,
  }),
})

export const zoneAwareLoadBalancer = message({
  failover: field('Which region takes over from which.', optional(list(failover, 256)), { notInForce: noLocality }),
  failoverPriority: field('Labels in order, as in `localityLbSetting`.', optional(list(text(512), 64)), {
    notInForce: noLocality,
  }),
  enabled: field('Switches it off or on, whatever the mesh says.', optional(wrapped(bool())), {
    notInForce: noLocality,
  }),
  minClusterSize: field(
    'With fewer endpoints than this, zones are not looked at.',
    optional(wrapped(integerBetween(1, 4_294_967_295))),
    {
      notInForce: noLocality,
    },
  ),
})

const warmup = message({
  duration: field('How long a new endpoint takes to get its full share.', positiveMilliseconds(), { unit: 'duration' }),
  minimumPercent: field('The share with which it begins.', optional(wrapped(percentage())), {
    unit: 'percent',
    default: '10',
  }),
  aggression: field(
    '1 grows the share evenly; more grows it slowly first and fast at the end.',
    optional(wrapped(double())),
    {
      default: '1',
    },
  ),
})

export const loadBalancer = message(
  {
    simple: field(
      '`LEAST_REQUEST`: the less busy of two. `ROUND_ROBIN`: in turn. `RANDOM`: by chance. `PASSTHROUGH`: the address ' +
        'that the client has chosen. `UNSPECIFIED` and the old `LEAST_CONN` mean `LEAST_REQUEST`.',
      optional(
        enumeration({ UNSPECIFIED: 0, LEAST_CONN: 1, RANDOM: 2, PASSTHROUGH: 3, ROUND_ROBIN: 4, LEAST_REQUEST: 5 }),
      ),
      { default: '`LEAST_REQUEST`' },
    ),
    consistentHash: field(
      'Requests that are alike in one respect go to one endpoint, while it is there.',
      optional(consistentHash),
    ),
    localityLbSetting: field('What the localities of endpoints mean.', optional(localityLoadBalancer), {
      default: "the mesh's `localityLbSetting`",
      notInForce: noLocality,
    }),
    zoneAwareLbSetting: field(
      "Prefers endpoints of the caller's zone as far as they can carry it.",
      optional(zoneAwareLoadBalancer),
      {
        since: '1.31',
        notInForce: noLocality,
      },
    ),
    warmupDurationSecs: field('How long a new endpoint takes to get its full share.', optional(positiveDuration()), {
      unit: 'duration',
      deprecated: 'use `warmup`',
    }),
    warmup: field('How new endpoints are led to their share. Not with `RANDOM` and hashes.', optional(warmup), {
      default: 'at once',
      since: '1.24',
    }),
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
export type ZoneAwareLoadBalancer = Value<typeof zoneAwareLoadBalancer>

export function checkLoadBalancer(settings: LoadBalancer, { field, outliers }: LocalityPlace, report: Report): void {
  const hash = settings.consistentHash
  if (hash !== undefined) checkConsistentHash(hash, `${field}.consistentHash`, report)
  const { localityLbSetting, zoneAwareLbSetting, warmup } = settings
  if (localityLbSetting !== undefined)
    checkLocality(localityLbSetting, { field: `${field}.localityLbSetting`, outliers }, report)
  if (zoneAwareLbSetting !== undefined)
    checkZoneAware(zoneAwareLbSetting, { field: `${field}.zoneAwareLbSetting`, outliers }, report)
  if (localityLbSetting !== undefined && zoneAwareLbSetting !== undefined)
    report.error(`${field}.zoneAwareLbSetting`, 'cannot stand beside localityLbSetting', 'keep one of the two')
  if (warmup?.aggression !== undefined && warmup.aggression <= 0)
    report.error(`${field}.warmup.aggression`, `${warmup.aggression} is not above 0`, 'use 1, or what is above 0')
}

function checkConsistentHash(hash: NonNullable<LoadBalancer['consistentHash']>, field: string, report: Report): void {
  if (hash.minimumRingSize !== undefined && (hash.ringHash !== undefined || hash.maglev !== undefined)) {
    report.error(
      `${field}.minimumRingSize`,
      'cannot stand beside ringHash or maglev',
      'move it to ringHash.minimumRingSize',
    )
  }
  if (hash.minimumRingSize !== undefined)
    report.warning(`${field}.minimumRingSize`, 'is deprecated', 'use ringHash.minimumRingSize')
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

function isPrime(candidate: number): boolean {
  if (candidate < 2) return false
  for (let factor = 2; factor * factor <= candidate; factor++) if (candidate % factor === 0) return false
  return true
}
