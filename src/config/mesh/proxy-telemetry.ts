/** Of the ProxyConfig, what the proxy tells of itself and of requests, and to whom. */

import { clientTls } from '../kinds/client-tls.ts'
import { tcpKeepalive } from '../kinds/connection-pool.ts'
import { positiveDuration } from '../kinds/duration-rules.ts'
import {
  bool,
  double,
  field,
  int32,
  list,
  map,
  message,
  optional,
  regex,
  requiredText,
  secretText,
  text,
  uint32,
  wrapped,
} from '../schema/fields.ts'
import { proxySetting } from './proxy-setting.ts'
import { stackdriverLimits, traceContexts } from './tracing-providers.ts'

const address = field('The host and the port of the collector.', optional(text(512)))

const named = (what: string) =>
  message({
    name: field(what, requiredText(256)),
    defaultValue: field('The value of the tag where there is none.', optional(text(4096)), { default: 'no tag' }),
  })

const customTag = message(
  {
    literal: field(
      'A value that is always the same.',
      optional(message({ value: field('The value of the tag.', requiredText(4096)) })),
    ),
    environment: field(
      "The value of a variable of the proxy's environment.",
      optional(named('The name of the variable.')),
    ),
    header: field('The value of a header of the request.', optional(named('The name of the header.'))),
  },
  { exclusive: [['literal', 'environment', 'header']] },
)

const tracing = message(
  {
    zipkin: field('A collector with the API of Zipkin.', optional(message({ address }))),
    lightstep: field(
      'Lightstep.',
      optional(message({ address, accessToken: field('The token that calls carry.', optional(secretText())) })),
    ),
    datadog: field('An agent of Datadog.', optional(message({ address }))),
    stackdriver: field('Stackdriver.', optional(message(stackdriverLimits))),
    openCensusAgent: field('An agent of OpenCensus.', optional(message({ address, context: traceContexts }))),
    customTags: field('Tags of every span, by name.', optional(map(customTag))),
    maxPathTagLength: field('The longest path that a span carries.', optional(uint32()), { default: '256' }),
    sampling: field('Of the requests that come without a decision, so many are traced.', optional(double()), {
      unit: 'percent',
      default: '1',
    }),
    tlsSettings: field('How the connection to the collector is secured.', optional(clientTls)),
    enableIstioTags: field('Spans carry the tags that describe the mesh.', optional(wrapped(bool())), {
      default: 'true',
    }),
  },
  { exclusive: [['zipkin', 'lightstep', 'datadog', 'stackdriver', 'openCensusAgent']] },
)

const remoteService = message({
  address: field('The host and the port of the service.', optional(text(512))),
  tlsSettings: field('How the connection is secured.', optional(clientTls)),
  tcpKeepalive: field('Probes on the connection.', optional(tcpKeepalive), { default: 'no probes' }),
})

export const proxyTelemetry = {
  tracing: proxySetting('Where spans go, and what they hold.', tracing),
  zipkinAddress: proxySetting('The host and the port of a Zipkin.', text(512), {
    deprecated: 'use `tracing.zipkin.address`',
  }),
  envoyAccessLogService: proxySetting("A server of Envoy's access log service.", remoteService),
  envoyMetricsService: proxySetting("A server of Envoy's metrics service.", remoteService),
  envoyMetricsServiceAddress: proxySetting("The host and the port of a server of Envoy's metrics service.", text(512), {
    deprecated: 'use `envoyMetricsService`',
  }),
  statsdUdpAddress: proxySetting('The address and the port of a StatsD.', text(512)),
  statNameLength: proxySetting('The longest name of a statistic.', int32(), { default: '189' }),
  extraStatTags: proxySetting('Further tags that statistics are split by.', list(text(256), 256), {
    deprecated: 'Istio needs it no more',
  }),
  proxyStatsMatcher: proxySetting(
    'Statistics that are kept beside the few that always are.',
    message({
      inclusionPrefixes: field('Those that begin so.', optional(list(text(1024), 1000))),
      inclusionSuffixes: field('Those that end so.', optional(list(text(1024), 1000))),
      inclusionRegexps: field('Those that match.', optional(list(regex(), 1000))),
    }),
  ),
  statsCompression: proxySetting('Metrics are compressed for whoever takes that.', wrapped(bool()), {
    default: 'true',
  }),
  fileFlushInterval: proxySetting('How often logs are written to their files.', positiveDuration(), {
    unit: 'duration',
    default: '1s',
  }),
  fileFlushMinSizeKb: proxySetting('So much is written without waiting.', uint32(), { unit: 'KiB', default: '64' }),
}
