/** Providers that collect traces. */

import { zeroOrPositiveDuration } from '../kinds/duration-rules.ts'
import {
  bool,
  enumeration,
  field,
  int32,
  list,
  map,
  message,
  optional,
  secretText,
  text,
  uint32,
  uint64,
  wrapped,
} from '../schema/fields.ts'
import { grpcService, httpHeader, httpService, maxTagLength, providerService } from './provider-service.ts'

const endOfOpenCensus = 'OpenCensus is at its end: use `opentelemetry`'

export const zipkin = message({
  ...providerService,
  maxTagLength,
  enable64bitTraceId: field('Ids of traces have 64 bits instead of 128.', optional(bool()), { default: 'false' }),
  path: field('The path that spans are sent to.', optional(text(8192)), { default: '/api/v2/spans' }),
  traceContextOption: field(
    'Which headers carry a trace on: those of B3, or those of W3C beside them.',
    optional(enumeration({ USE_B3: 0, USE_B3_WITH_W3C_PROPAGATION: 1 })),
    { default: '`USE_B3`' },
  ),
  timeout: field('How long a call may take.', optional(zeroOrPositiveDuration()), {
    unit: 'duration',
    default: '5s',
  }),
  headers: field('Headers that calls carry.', optional(list(httpHeader, 64))),
})

export const lightstep = message({
  ...providerService,
  accessToken: field('The token that calls carry.', optional(secretText())),
  maxTagLength,
})

export const datadog = message({ ...providerService, maxTagLength })

export const skywalking = message({
  ...providerService,
  accessToken: field('The token that calls carry.', optional(secretText())),
})

const count = (what: string) =>
  field(what, optional(wrapped(uint64())), { default: '200', deprecated: endOfOpenCensus })

/** Of the old settings and of the provider alike. */
export const stackdriverLimits = {
  debug: field('Traces are printed to standard output, too.', optional(bool()), {
    default: 'false',
    deprecated: endOfOpenCensus,
  }),
  maxNumberOfAttributes: count('The most attributes of a span.'),
  maxNumberOfAnnotations: count('The most annotations of a span.'),
  maxNumberOfMessageEvents: count('The most message events of a span.'),
}

export const stackdriver = message({
  ...stackdriverLimits,
  maxTagLength,
  logging: field(
    'Access logs for Stackdriver.',
    optional(
      message({
        labels: field('Labels of log entries, each an expression of CEL.', optional(map(text(4096)))),
      }),
    ),
  ),
})

export const traceContexts = field(
  'Which headers carry a trace on, in order.',
  optional(list(enumeration({ UNSPECIFIED: 0, W3C_TRACE_CONTEXT: 1, GRPC_BIN: 2, CLOUD_TRACE_CONTEXT: 3, B3: 4 }), 16)),
)

export const opencensus = message({ ...providerService, context: traceContexts, maxTagLength })

const nothing = () => optional(message({}))

const dynatraceSampler = message({
  tenant: field('The tenant, as `TENANT.live.dynatrace.com` has it.', optional(text(256))),
  clusterId: field("The id of the tenant's cluster.", optional(int32())),
  rootSpansPerMinute: field(
    'How many new traces there are a minute while Dynatrace says nothing.',
    optional(uint32()),
    {
      default: '1000',
    },
  ),
  httpService: field(
    'The API that says how many traces there may be.',
    optional(message({ ...providerService, http: field('How it is called.', optional(httpService)) })),
    { default: "the provider's service" },
  ),
})

export const opentelemetry = message({
  ...providerService,
  maxTagLength,
  http: field('Spans are sent by HTTP.', optional(httpService), { default: 'by gRPC' }),
  grpc: field('Spans are sent by gRPC, with these settings.', optional(grpcService)),
  resourceDetectors: field(
    'Who adds attributes of the resource to spans.',
    optional(
      message({
        environment: field('The variable `OTEL_RESOURCE_ATTRIBUTES` of the proxy does.', nothing()),
        dynatrace: field("Dynatrace's files of the machine do.", nothing()),
      }),
    ),
    { default: 'nobody' },
  ),
  serviceAttributeEnrichment: field(
    "By whose conventions spans name their service: Istio's canonical names, or OpenTelemetry's for Kubernetes.",
    optional(enumeration({ ISTIO_CANONICAL: 0, OTEL_SEMANTIC_CONVENTIONS: 1 })),
    { default: '`ISTIO_CANONICAL`' },
  ),
  dynatraceSampler: field('Dynatrace says what is sampled.', optional(dynatraceSampler), {
    default: "the proxy's own share",
  }),
})
