import { inside, type SettingsCase } from '../settings-cases.ts'

const warned = (rule: string, refused: string, accepted: string, field: string): SettingsCase => ({
  rule,
  refused,
  accepted,
  field: `extensionProviders[0].${field}`,
  warns: true,
})

const at = 'service: a.b, port: 80'

export const providerCases: readonly SettingsCase[] = [
  ...inside(
    'extensionProviders: [{name: a, □}]',
    warned('a provider has no service', 'zipkin: {port: 80}', `zipkin: {${at}}`, 'zipkin.service'),
    warned('a provider has no port', 'datadog: {service: a.b}', `datadog: {${at}}`, 'datadog.port'),
    warned(
      'the port of a provider is none',
      'envoyTcpAls: {service: a.b, port: 65536}',
      'envoyTcpAls: {service: a.b, port: 65535}',
      'envoyTcpAls.port',
    ),
    warned('a provider is at no host', 'sds: {service: a_b, port: 80}', `sds: {${at}}`, 'sds.service'),
    warned(
      'the host of a provider in a namespace is short',
      'envoyOtelAls: {service: a/b, port: 80}',
      'envoyOtelAls: {service: a/b.c, port: 80}',
      'envoyOtelAls.service',
    ),
    warned(
      'an authorizer that fails is told by no status',
      `envoyExtAuthzGrpc: {${at}, statusOnError: "418"}`,
      `envoyExtAuthzGrpc: {${at}, statusOnError: "417"}`,
      'envoyExtAuthzGrpc.statusOnError',
    ),
    warned(
      'the path of an authorizer begins without a slash',
      `envoyExtAuthzHttp: {${at}, pathPrefix: check}`,
      `envoyExtAuthzHttp: {${at}, pathPrefix: /check}`,
      'envoyExtAuthzHttp.pathPrefix',
    ),
    warned(
      'nothing of a body is sent to an authorizer',
      `envoyExtAuthzHttp: {${at}, includeRequestBodyInCheck: {allowPartialMessage: true}}`,
      `envoyExtAuthzHttp: {${at}, includeRequestBodyInCheck: {maxRequestBytes: 1}}`,
      'envoyExtAuthzHttp.includeRequestBodyInCheck.maxRequestBytes',
    ),
    warned(
      'a token is missing',
      `lightstep: {${at}, accessToken: ""}`,
      `lightstep: {${at}, accessToken: t}`,
      'lightstep.accessToken',
    ),
    warned(
      'spans go by HTTP and by gRPC',
      `opentelemetry: {${at}, http: {path: /a}, grpc: {}}`,
      `opentelemetry: {${at}, http: {path: /a}}`,
      'opentelemetry.grpc',
    ),
    warned(
      'a sampler is asked at no host',
      `opentelemetry: {${at}, dynatraceSampler: {tenant: t, clusterId: 1, httpService: {service: "", port: 1}}}`,
      `opentelemetry: {${at}, dynatraceSampler: {tenant: t, clusterId: 1, httpService: {${at}}}}`,
      'opentelemetry.dynatraceSampler.httpService.service',
    ),
    {
      rule: 'a provider is of two kinds',
      refused: `zipkin: {${at}}, prometheus: {}`,
      accepted: 'prometheus: {}',
      field: 'extensionProviders[0].prometheus',
    },
    {
      rule: 'a header has two values',
      refused: `zipkin: {${at}, headers: [{name: a, value: b, envName: C}]}`,
      accepted: `zipkin: {${at}, headers: [{name: a, envName: C}]}`,
      field: 'extensionProviders[0].zipkin.headers[0].envName',
    },
    {
      rule: 'a line of a log has two forms',
      refused: 'envoyFileAccessLog: {path: /dev/stdout, logFormat: {text: a, labels: {a: b}}}',
      accepted: 'envoyFileAccessLog: {path: /dev/stdout, logFormat: {labels: {a: b, c: {d: 1}}}}',
      field: 'extensionProviders[0].envoyFileAccessLog.logFormat.labels',
    },
    {
      rule: 'an authorizer may take less than no time',
      refused: `envoyExtAuthzGrpc: {${at}, timeout: -1s}`,
      accepted: `envoyExtAuthzGrpc: {${at}, timeout: 1s}`,
      field: 'extensionProviders[0].envoyExtAuthzGrpc.timeout',
    },
  ),
  {
    rule: 'a provider has no name',
    warns: true,
    refused: 'extensionProviders: [{prometheus: {}}]',
    accepted: 'extensionProviders: [{name: prometheus, prometheus: {}}]',
    field: 'extensionProviders[0].name',
  },
  {
    rule: 'a provider says nothing but its name',
    warns: true,
    refused: 'extensionProviders: [{name: a}]',
    accepted: 'extensionProviders: [{name: a, stackdriver: {}}]',
    field: 'extensionProviders[0]',
  },
  {
    rule: 'two providers have one name',
    warns: true,
    refused: 'extensionProviders: [{name: a, prometheus: {}}, {name: a, stackdriver: {}}]',
    accepted: 'extensionProviders: [{name: a, prometheus: {}}, {name: b, stackdriver: {}}]',
    field: 'extensionProviders[1].name',
  },
  {
    rule: 'a default provider is not there',
    warns: true,
    refused: 'defaultProviders: {accessLogging: [envoyy]}',
    accepted: 'defaultProviders: {accessLogging: [envoy]}',
    field: 'defaultProviders.accessLogging[0]',
  },
  {
    rule: 'a default provider is for something else',
    warns: true,
    refused: 'defaultProviders: {tracing: [prometheus]}',
    accepted: 'defaultProviders: {metrics: [prometheus]}',
    field: 'defaultProviders.tracing[0]',
  },
]
