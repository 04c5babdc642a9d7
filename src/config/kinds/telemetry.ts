/** telemetry.istio.io Telemetry: which metrics, traces and access logs proxies make, and for whom. */

import { durationMs } from '../duration.ts'
import {
  bool,
  duration,
  enumeration,
  field,
  list,
  map,
  message,
  optional,
  percentage,
  requiredText,
  ruled,
  text,
  type Value,
  wrapped,
} from '../schema/fields.ts'
import { defineKind } from './kind.ts'
import { policySelection } from './policy-selection.ts'
import { checkTelemetry } from './telemetry-rules.ts'

const mode = field(
  'Whether the proxies of clients, of servers or both do so.',
  optional(enumeration({ CLIENT_AND_SERVER: 0, CLIENT: 1, SERVER: 2 })),
  { default: 'CLIENT_AND_SERVER' },
)

const modeMatch = message({ mode })

const providers = field(
  'Who gets it, by the names of `extensionProviders` in the MeshConfig.',
  optional(list(message({ name: field('The name of a provider.', requiredText(253)) }), 64)),
  { default: "the MeshConfig's `defaultProviders`" },
)

const named = (what: string) =>
  message({
    name: field(what, requiredText(253)),
    defaultValue: field('The value of the tag where there is none.', optional(text(4096)), {
      default: 'no tag is written',
    }),
  })

const valued = (what: string) => message({ value: field(what, requiredText(4096)) })

const customTag = message(
  {
    literal: field('A value that is always the same.', optional(valued('The value of the tag.'))),
    environment: field(
      "The value of a variable of the proxy's environment.",
      optional(named('The name of the variable.')),
    ),
    header: field('The value of a header of the request.', optional(named('The name of the header.'))),
    formatter: field(
      'A value that Envoy puts together for each request.',
      optional(valued('Text with the commands of access logs, such as `%REQ(x-user)%`.')),
      { since: '1.28' },
    ),
  },
  { exclusive: [['literal', 'environment', 'header', 'formatter']] },
)

const tracing = message({
  match: field('Which requests the settings are for.', optional(modeMatch)),
  providers,
  randomSamplingPercentage: field(
    'Of the requests that come without a decision, so many are traced.',
    optional(wrapped(percentage())),
    { unit: 'percent', default: 'inherited; in the end 1' },
  ),
  disableSpanReporting: field('Traces are passed on, and nothing is reported of them.', optional(wrapped(bool())), {
    default: 'inherited; in the end false',
  }),
  customTags: field('Tags of every span, by name.', optional(map(customTag))),
  useRequestIdForTraceSampling: field(
    'The decision whether a request is traced is taken from, and written to, `x-request-id`.',
    optional(wrapped(bool())),
    { default: 'true' },
  ),
  enableIstioTags: field('Spans carry the tags that describe the mesh.', optional(wrapped(bool())), {
    default: 'true',
    since: '1.23',
  }),
  disableContextPropagation: field(
    'The headers of a trace are not passed on to the next service.',
    optional(wrapped(bool())),
    { default: 'false', since: '1.29' },
  ),
})

const metricSelector = message(
  {
    metric: field(
      "One of Istio's own metrics, or all of them.",
      optional(
        enumeration({
          ALL_METRICS: 0,
          REQUEST_COUNT: 1,
          REQUEST_DURATION: 2,
          REQUEST_SIZE: 3,
          RESPONSE_SIZE: 4,
          TCP_OPENED_CONNECTIONS: 5,
          TCP_CLOSED_CONNECTIONS: 6,
          TCP_SENT_BYTES: 7,
          TCP_RECEIVED_BYTES: 8,
          GRPC_REQUEST_MESSAGES: 9,
          GRPC_RESPONSE_MESSAGES: 10,
        }),
      ),
      { default: 'ALL_METRICS' },
    ),
    customMetric: field('A metric of somebody else, by name.', optional(requiredText(253))),
    mode,
  },
  { exclusive: [['metric', 'customMetric']] },
)

const tagOverride = ruled(
  message({
    operation: field(
      '`UPSERT` adds or replaces the tag, `REMOVE` drops it.',
      optional(enumeration({ UPSERT: 0, REMOVE: 1 })),
      {
        default: 'UPSERT',
      },
    ),
    value: field(
      'What the tag says: an expression of CEL over the attributes of the request. Text stands in quotes inside.',
      optional(text(4096)),
    ),
  }),
  {
    cel: "has(self.operation) && self.operation == 'REMOVE' || has(self.value) && self.value != ''",
    holds: ({ operation, value }) => operation === 'REMOVE' || (value !== undefined && value !== ''),
    at: 'value',
    reason: 'is required with UPSERT',
    remedy: 'write what the tag says',
  },
  {
    cel: "!has(self.operation) || self.operation != 'REMOVE' || !has(self.value)",
    holds: ({ operation, value }) => operation !== 'REMOVE' || value === undefined,
    at: 'value',
    reason: 'has no meaning with REMOVE',
    remedy: 'remove it',
  },
)

const metrics = message({
  providers,
  overrides: field(
    'What is other than by default, in order: the last that meets a metric counts.',
    optional(
      list(
        message({
          match: field('Which metrics are meant.', optional(metricSelector), { default: 'all' }),
          disabled: field('The metric is not made.', optional(wrapped(bool())), { default: 'inherited' }),
          tagOverrides: field('Tags that are other than by default, by name.', optional(map(tagOverride, 'text', 256))),
        }),
        64,
      ),
    ),
  ),
  reportingInterval: field(
    'How often metrics of open TCP connections are reported.',
    optional(
      ruled(duration(), {
        cel: "duration(self) >= duration('1ms')",
        holds: time => durationMs(time) >= 1,
        reason: 'is shorter than 1ms',
        remedy: 'use 1ms or more',
      }),
    ),
    { default: '5s', since: '1.17' },
  ),
})

const accessLogging = message({
  match: field('Which requests the settings are for.', optional(modeMatch)),
  providers,
  disabled: field('No log is written.', optional(wrapped(bool())), { default: 'inherited' }),
  filter: field(
    'Which requests are logged.',
    optional(
      message({
        expression: field(
          'An expression of CEL over the attributes of request, response and connection: what it is true of is logged.',
          optional(text(8192)),
        ),
      }),
    ),
    { default: 'all requests', since: '1.13' },
  ),
})

const spec = message(
  {
    ...policySelection,
    tracing: field('Traces.', optional(list(tracing, 64))),
    metrics: field('Metrics.', optional(list(metrics, 64))),
    accessLogging: field('Access logs.', optional(list(accessLogging, 64))),
  },
  { exclusive: [['selector', 'targetRef', 'targetRefs']] },
)

export type TelemetrySpec = Value<typeof spec>

export const telemetry = defineKind({
  name: 'Telemetry',
  description: 'Which metrics, traces and access logs the proxies of workloads make.',
  plural: 'telemetries',
  shortNames: ['telemetry'],
  group: 'telemetry.istio.io',
  versions: ['v1', 'v1alpha1'],
  storedVersion: 'v1alpha1',
  scope: 'namespaced',
  body: 'spec',
  spec,
  notInForce: 'proxies log as the MeshConfig says, and have the statistics of a stock Envoy',
  check: ({ spec }, report) => checkTelemetry(spec, report),
})
