/** networking.istio.io `OutlierDetection`. */

import {
  bool,
  field,
  int32,
  integerBetween,
  list,
  message,
  optional,
  uint32,
  type Value,
  wrapped,
} from '../schema/fields.ts'
import { positiveMilliseconds } from './duration-rules.ts'
import type { Report } from './kind.ts'

const httpStatus = integerBetween(100, 599)

export const outlierDetection = message({
  consecutiveErrors: field('Errors in a row after which an endpoint is left out.', optional(int32()), {
    deprecated: 'use `consecutive5xxErrors` or `consecutiveGatewayErrors`',
    notInForce: 'nothing is counted by it',
  }),
  splitExternalLocalOriginErrors: field(
    'Counts what fails on the way (no connection, time-outs) apart from what the endpoint answers.',
    optional(bool()),
    { default: 'false' },
  ),
  consecutiveLocalOriginFailures: field(
    'Failures on the way in a row after which an endpoint is left out, where they are counted apart.',
    optional(wrapped(uint32())),
    { default: '5' },
  ),
  consecutiveGatewayErrors: field(
    'Answers 502, 503 and 504 in a row after which an endpoint is left out. 0 switches it off.',
    optional(wrapped(uint32())),
    { default: 'off' },
  ),
  consecutive5xxErrors: field(
    'Answers from 500 to 599 in a row after which an endpoint is left out; for TCP, failed connections. 0 switches it off.',
    optional(wrapped(uint32())),
    { default: '5' },
  ),
  outlierDetectionHttpErrorCodes: field(
    'The statuses that count as errors, in place of 500 to 599.',
    optional(list(httpStatus, 100)),
    { default: '500 to 599', since: '1.31', notInForce: '500 to 599 count, whatever it says' },
  ),
  interval: field('How often endpoints are judged.', optional(positiveMilliseconds()), {
    unit: 'duration',
    default: '10s',
  }),
  baseEjectionTime: field(
    'How long an endpoint is left out the first time; each further time adds as much.',
    optional(positiveMilliseconds()),
    { unit: 'duration', default: '30s' },
  ),
  maxEjectionPercent: field('The most of the endpoints that may be left out at a time.', optional(int32()), {
    unit: 'percent',
    default: '10; so is 0',
  }),
  minHealthPercent: field(
    'When fewer of the endpoints than this are healthy, all of them are used again, left out or not.',
    optional(int32()),
    { unit: 'percent', default: '0: never' },
  ),
})

export type OutlierDetection = Value<typeof outlierDetection>

export function checkOutlierDetection(detection: OutlierDetection, field: string, report: Report): void {
  for (const name of ['maxEjectionPercent', 'minHealthPercent'] as const) {
    const percent = detection[name]
    if (percent !== undefined && (percent < 0 || percent > 100))
      report.error(`${field}.${name}`, `${percent} is not between 0 and 100`)
  }
  if (detection.splitExternalLocalOriginErrors !== true && (detection.consecutiveLocalOriginFailures ?? 0) > 0) {
    report.error(
      `${field}.consecutiveLocalOriginFailures`,
      'counts nothing while splitExternalLocalOriginErrors is false',
      'set splitExternalLocalOriginErrors: true',
    )
  }
  if ((detection.consecutiveErrors ?? 0) !== 0) {
    report.warning(
      `${field}.consecutiveErrors`,
      'is deprecated',
      'use consecutive5xxErrors or consecutiveGatewayErrors',
    )
  }
}
