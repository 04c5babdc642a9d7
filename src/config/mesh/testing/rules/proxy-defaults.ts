import { rootCertificate } from '../root-certificate.ts'
import { inside, type SettingsCase } from '../settings-cases.ts'

const refusal = (rule: string, refused: string, accepted: string, field: string): SettingsCase => ({
  rule,
  refused,
  accepted,
  field: `defaultConfig.${field}`,
})

export const proxyDefaultsCases: readonly SettingsCase[] = inside(
  'defaultConfig: {□}',
  refusal('a path is empty', 'binaryPath: ""', 'binaryPath: /a', 'binaryPath'),
  refusal('a cluster has no name', 'serviceCluster: ""', 'serviceCluster: a', 'serviceCluster'),
  refusal(
    'a cluster is named in two ways',
    'serviceCluster: a, tracingServiceName: 1',
    'tracing_service_name: CANONICAL_NAME_ONLY',
    'tracingServiceName',
  ),
  refusal('there are fewer threads than none', 'concurrency: -1', 'concurrency: 0', 'concurrency'),
  refusal('draining takes no time', 'drainDuration: 0s', 'drainDuration: 1s', 'drainDuration'),
  refusal('draining takes a part of a second', 'drainDuration: 1.5s', 'drainDuration: 2s', 'drainDuration'),
  refusal(
    'the end takes less than no time',
    'terminationDrainDuration: -1s',
    'terminationDrainDuration: 0s',
    'terminationDrainDuration',
  ),
  refusal('a port is none', 'statusPort: 0', 'statusPort: 1', 'statusPort'),
  refusal(
    'authentication is inherited',
    'controlPlaneAuthPolicy: 1000',
    'controlPlaneAuthPolicy: MUTUAL_TLS',
    'controlPlaneAuthPolicy',
  ),
  refusal(
    'the control plane has no port',
    'discoveryAddress: istiod.istio-system.svc',
    'discoveryAddress: "istiod.istio-system.svc:15012"',
    'discoveryAddress',
  ),
  refusal(
    'the address of a StatsD is none',
    'statsdUdpAddress: "::1:9125"',
    'statsdUdpAddress: "[::1]:9125"',
    'statsdUdpAddress',
  ),
  refusal(
    'the address of a log service is none',
    'envoyAccessLogService: {address: "a:b"}',
    'envoyAccessLogService: {address: "a:1"}',
    'envoyAccessLogService.address',
  ),
  refusal(
    'the key for a metrics service is missing',
    'envoyMetricsService: {address: "a:1", tlsSettings: {mode: MUTUAL, clientCertificate: /c}}',
    'envoyMetricsService: {address: "a:1", tlsSettings: {mode: ISTIO_MUTUAL}}',
    'envoyMetricsService.tlsSettings.privateKey',
  ),
  refusal(
    'hardware for keys is not named',
    'privateKeyProvider: {}',
    'privateKeyProvider: {qat: {pollDelay: 1ms}}',
    'privateKeyProvider',
  ),
  refusal(
    'hardware for keys is not waited for',
    'privateKeyProvider: {cryptomb: {fallback: true}}',
    'privateKeyProvider: {cryptomb: {pollDelay: 1ms}}',
    'privateKeyProvider.cryptomb.pollDelay',
  ),
  refusal(
    'hardware for keys is waited for no time',
    'privateKeyProvider: {cryptomb: {pollDelay: 0s}}',
    'privateKeyProvider: {cryptomb: {pollDelay: 1ms}}',
    'privateKeyProvider.cryptomb.pollDelay',
  ),
  refusal(
    'a root is no certificate',
    'caCertificatesPem: [a]',
    `caCertificatesPem: [${rootCertificate}]`,
    'caCertificatesPem[0]',
  ),
  refusal(
    'spans go to two collectors',
    'tracing: {zipkin: {address: "a:1"}, datadog: {address: "a:1"}}',
    'tracing: {datadog: {address: "$(HOST_IP):1"}}',
    'tracing.datadog',
  ),
  refusal(
    'spans go to no address',
    'tracing: {zipkin: {}}',
    'tracing: {zipkin: {address: "a:1"}}',
    'tracing.zipkin.address',
  ),
  refusal(
    'a token is missing',
    'tracing: {lightstep: {address: "a:1"}}',
    'tracing: {lightstep: {address: "a:1", accessToken: t}}',
    'tracing.lightstep.accessToken',
  ),
  refusal(
    'a tag is of two kinds',
    'tracing: {customTags: {a: {literal: {value: b}, header: {name: c}}}}',
    'tracing: {customTags: {a: {literal: {value: b}}}}',
    'tracing.customTags.a.header',
  ),
  refusal(
    'the certificate for a collector is missing',
    'tracing: {tlsSettings: {mode: MUTUAL, privateKey: /k}}',
    'tracing: {tlsSettings: {mode: SIMPLE}}',
    'tracing.tlsSettings.clientCertificate',
  ),
  {
    ...refusal(
      'more than all requests are traced',
      'tracing: {sampling: 101}',
      'tracing: {sampling: 100}',
      'tracing.sampling',
    ),
    warns: true,
  },
  {
    ...refusal(
      'addresses are allotted in the old way',
      'proxyMetadata: {ISTIO_META_DNS_AUTO_ALLOCATE: "true"}',
      'proxyMetadata: {ISTIO_META_DNS_CAPTURE: "true"}',
      'proxyMetadata.ISTIO_META_DNS_AUTO_ALLOCATE',
    ),
    warns: true,
  },
  refusal(
    'less is held than nothing',
    'connectionSettings: {listenerPerConnectionBufferLimitBytes: -1}',
    'connectionSettings: {listenerPerConnectionBufferLimitBytes: 0}',
    'connectionSettings.listenerPerConnectionBufferLimitBytes',
  ),
  refusal(
    'a window is smaller than HTTP/2 has it',
    'connectionSettings: {http2InitialStreamWindowSize: 65534}',
    'connectionSettings: {http2InitialStreamWindowSize: 65535}',
    'connectionSettings.http2InitialStreamWindowSize',
  ),
  refusal(
    'no stream is allowed',
    'connectionSettings: {httpMaxConcurrentStreams: 0}',
    'connectionSettings: {httpMaxConcurrentStreams: 1}',
    'connectionSettings.httpMaxConcurrentStreams',
  ),
  refusal(
    'an expression for statistics is none',
    'proxyStatsMatcher: {inclusionRegexps: ["("]}',
    'proxyStatsMatcher: {inclusionRegexps: ["(a)"]}',
    'proxyStatsMatcher.inclusionRegexps[0]',
  ),
  refusal(
    'a probe asks no port',
    'readinessProbe: {tcpSocket: {}}',
    'readinessProbe: {tcpSocket: {port: 1}}',
    'readinessProbe.tcpSocket.port',
  ),
)
