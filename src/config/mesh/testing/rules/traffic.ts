import { inside, type SettingsCase } from '../settings-cases.ts'

export const trafficCases: readonly SettingsCase[] = [
  {
    rule: 'connections may take no time at all',
    refused: 'connectTimeout: 0s',
    accepted: 'connectTimeout: 1ms',
    field: 'connectTimeout',
  },
  {
    rule: 'connections may take more than an hour',
    refused: 'connectTimeout: 3601s',
    accepted: 'connect_timeout: 3600s',
    field: 'connectTimeout',
  },
  {
    rule: 'connections may take a part of a millisecond',
    refused: 'connectTimeout: 1.0005s',
    accepted: 'connectTimeout: 1.005s',
    field: 'connectTimeout',
  },
  {
    rule: 'detection may take less than no time',
    refused: 'protocolDetectionTimeout: -1s',
    accepted: 'protocolDetectionTimeout: 0s',
    field: 'protocolDetectionTimeout',
  },
  {
    rule: 'detection may take a part of a millisecond',
    refused: 'protocolDetectionTimeout: 0.0015s',
    accepted: 'protocolDetectionTimeout: 0.001s',
    field: 'protocolDetectionTimeout',
  },
  {
    rule: 'names are looked up without a pause',
    refused: 'dnsRefreshRate: 0s',
    accepted: 'dnsRefreshRate: 0.001s',
    field: 'dnsRefreshRate',
  },
  {
    rule: 'a connection to a ztunnel is idle for less than no time',
    refused: 'hboneIdleTimeout: -1s',
    accepted: 'hboneIdleTimeout: 15s',
    field: 'hboneIdleTimeout',
  },
  {
    rule: 'two listeners would have one port',
    refused: 'proxyListenPort: 15006',
    accepted: 'proxyListenPort: 15007',
    field: 'proxyInboundListenPort',
  },
  {
    rule: 'the port of a listener is none',
    refused: 'proxyListenPort: 0',
    accepted: 'proxyListenPort: "1"',
    field: 'proxyListenPort',
  },
  {
    rule: 'the port of the HTTP proxy is none',
    refused: 'proxyHttpPort: 65536',
    accepted: 'proxyHttpPort: 0',
    field: 'proxyHttpPort',
  },
  {
    rule: 'a mode has no such number',
    refused: 'outboundTrafficPolicy: {mode: 2}',
    accepted: 'outboundTrafficPolicy: {mode: 3}',
    field: 'outboundTrafficPolicy.mode',
  },
  {
    rule: 'a client certificate for unknown hosts is missing',
    refused: 'outboundTrafficPolicy: {mode: ALLOW_ANY_DYNAMIC_DNS, tls: {mode: MUTUAL, privateKey: /k}}',
    accepted: 'outboundTrafficPolicy: {mode: ALLOW_ANY_DYNAMIC_DNS, tls: {mode: SIMPLE, privateKey: /k}}',
    field: 'outboundTrafficPolicy.tls.clientCertificate',
  },
  {
    rule: 'fewer retries are made than none',
    refused: 'defaultHttpRetryPolicy: {attempts: -1}',
    accepted: 'defaultHttpRetryPolicy: {attempts: 0}',
    field: 'defaultHttpRetryPolicy.attempts',
  },
  {
    rule: 'probes come without a pause',
    refused: 'tcpKeepalive: {time: 0s}',
    accepted: 'tcpKeepalive: {time: 1s}',
    field: 'tcpKeepalive.time',
  },
  ...inside(
    'localityLbSetting: {□}',
    {
      rule: 'the shares of localities do not add up',
      refused: 'distribute: [{from: a, to: {a: 50, b: 49}}]',
      accepted: 'distribute: [{from: a, to: {a: 50, b: 50}}]',
      field: 'localityLbSetting.distribute[0].to',
    },
    {
      rule: 'a region fails over to itself',
      refused: 'failover: [{from: a, to: a}]',
      accepted: 'failover: [{from: a, to: b}]',
      field: 'localityLbSetting.failover[0].to',
    },
    {
      rule: 'traffic is both spread and moved',
      refused: 'distribute: [{from: a, to: {a: 100}}], failover: [{from: a, to: b}]',
      accepted: 'distribute: [{from: a, to: {a: 100}}]',
      field: 'localityLbSetting.distribute',
    },
  ),
  {
    rule: 'zones are among the labels, which are looked at in any case',
    refused: 'zoneAwareLbSetting: {failoverPriority: [topology.kubernetes.io/zone]}',
    accepted: 'zoneAwareLbSetting: {failoverPriority: [version]}',
    field: 'zoneAwareLbSetting.failoverPriority[0]',
  },
  ...inside(
    'defaultTrafficPolicy: {□}',
    {
      rule: 'the pool of connections says nothing',
      refused: 'connectionPool: {}',
      accepted: 'connectionPool: {tcp: {maxConnections: 0}}',
      field: 'defaultTrafficPolicy.connectionPool',
    },
    {
      rule: 'more than all endpoints may be left out',
      refused: 'outlierDetection: {maxEjectionPercent: 101}',
      accepted: 'outlierDetection: {maxEjectionPercent: 100}',
      field: 'defaultTrafficPolicy.outlierDetection.maxEjectionPercent',
    },
  ),
]
