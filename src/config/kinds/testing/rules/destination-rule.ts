import { casesOf, type Hole, type RuleTable } from '../rule-cases.ts'
import { wholePool as pool } from './connection-pool.ts'

const policy = (text: string): string => `spec: {host: a.mesh, trafficPolicy: ${text}}`

const lbField = 'spec.trafficPolicy.loadBalancer'

const localityHoles: readonly Hole[] = [
  {
    rule: 'the locality of the caller is missing',
    refused: 'distribute: [{to: {a: 100}}]',
    accepted: 'distribute: [{from: a, to: {a: 100}}]',
    field: `${lbField}.localityLbSetting.distribute[0].from`,
  },
  ...[
    ['shares do not add up', '{a: 99}', '{a/*: 40, b/c: 60}'],
    ['a share is none', '{a: 100, b: 0}', '{a: 99, b: 1}'],
    ['a part of a locality is empty', '{"a//b": 100}', '{"a/b": 100}'],
    ['a wildcard is inside', '{"a/*/b": 100}', '{"a/*": 100}'],
    ['two localities overlap', '{"a": 50, "a/b": 50}', '{"a/b": 50, "a/c": 50}'],
  ].map(([rule = '', refused, accepted]) => ({
    rule,
    refused: `distribute: [{from: a, to: ${refused}}]`,
    accepted: `distribute: [{from: a, to: ${accepted}}]`,
    field: `${lbField}.localityLbSetting.distribute[0].to`,
  })),
  {
    rule: 'a caller is of a zone that was before',
    refused: 'distribute: [{from: "a/b/*", to: {a: 100}}, {from: a/b/c, to: {a: 100}}]',
    accepted: 'distribute: [{from: "a/b/*", to: {a: 100}}, {from: a/c/c, to: {a: 100}}]',
    field: `${lbField}.localityLbSetting.distribute[1].from`,
  },
  {
    rule: 'a caller is covered by one before',
    refused: 'distribute: [{from: "*", to: {a: 100}}, {from: a/b, to: {a: 100}}]',
    accepted: 'distribute: [{from: a/b, to: {a: 100}}, {from: "*", to: {a: 100}}]',
    field: `${lbField}.localityLbSetting.distribute[1].from`,
  },
]

export const destinationRuleRules: RuleTable = {
  kind: 'DestinationRule',
  apiVersion: 'networking.istio.io/v1alpha3',
  cases: [
    { rule: 'there is no host', refused: 'spec: {host: ""}', accepted: 'spec: {host: a}', field: 'spec.host' },
    {
      rule: 'the host is an address',
      refused: 'spec: {host: 10.0.0.1}',
      accepted: 'spec: {host: "*.a"}',
      field: 'spec.host',
    },
    {
      rule: 'two subsets have one name',
      refused: 'spec: {host: a, subsets: [{name: v1}, {name: v1}]}',
      accepted: 'spec: {host: a, subsets: [{name: v1}, {name: v2}]}',
      field: 'spec.subsets[1].name',
    },
    {
      rule: 'a subset has no name',
      refused: 'spec: {host: a, subsets: [{labels: {a: b}}]}',
      accepted: 'spec: {host: a, subsets: [{name: v1, labels: {a: b}}]}',
      field: 'spec.subsets[0].name',
    },
    {
      rule: 'a policy says nothing',
      refused: policy('{}'),
      accepted: policy('{tls: {}}'),
      field: 'spec.trafficPolicy',
    },
    {
      rule: 'ISTIO_MUTUAL names a file',
      refused: policy('{tls: {mode: ISTIO_MUTUAL, caCertificates: /a}}'),
      accepted: policy('{tls: {mode: ISTIO_MUTUAL, sni: a}}'),
      field: 'spec.trafficPolicy.tls.caCertificates',
      warns: true,
    },
    {
      rule: 'MUTUAL has no key',
      refused: policy('{tls: {mode: MUTUAL, clientCertificate: /c}}'),
      accepted: policy('{tls: {mode: MUTUAL, clientCertificate: /c, privateKey: /k}}'),
      field: 'spec.trafficPolicy.tls.privateKey',
    },
    {
      rule: 'a credential stands beside files',
      refused: policy('{tls: {mode: MUTUAL, credentialName: a, caCertificates: /r}}'),
      accepted: policy('{tls: {mode: MUTUAL, credentialName: a}}'),
      field: 'spec.trafficPolicy.tls.caCertificates',
    },
    {
      rule: 'the server is verified and not verified',
      refused: policy('{tls: {mode: SIMPLE, insecureSkipVerify: true, caCertificates: /r}}'),
      accepted: policy('{tls: {mode: SIMPLE, insecureSkipVerify: false, caCertificates: /r}}'),
      field: 'spec.trafficPolicy.tls.insecureSkipVerify',
    },
    {
      rule: 'two load balancers are chosen',
      refused: policy('{loadBalancer: {simple: RANDOM, consistentHash: {useSourceIp: true}}}'),
      accepted: policy('{loadBalancer: {consistentHash: {useSourceIp: true}}}'),
      field: 'spec.trafficPolicy.loadBalancer.consistentHash',
    },
    {
      rule: 'a Maglev table is not prime',
      refused: policy('{loadBalancer: {consistentHash: {useSourceIp: true, maglev: {tableSize: 65536}}}}'),
      accepted: policy('{loadBalancer: {consistentHash: {useSourceIp: true, maglev: {tableSize: "65537"}}}}'),
      field: 'spec.trafficPolicy.loadBalancer.consistentHash.maglev.tableSize',
    },
    {
      rule: 'locality weights do not add up',
      refused: policy('{loadBalancer: {localityLbSetting: {distribute: [{from: a, to: {a: 99}}]}}}'),
      accepted: policy('{loadBalancer: {localityLbSetting: {distribute: [{from: a, to: {a: 99, b: 1}}]}}}'),
      field: 'spec.trafficPolicy.loadBalancer.localityLbSetting.distribute[0].to',
    },
    {
      rule: 'a warm-up has no duration',
      refused: policy('{loadBalancer: {warmup: {aggression: 1}}}'),
      accepted: policy('{loadBalancer: {warmup: {duration: 10s}}}'),
      field: 'spec.trafficPolicy.loadBalancer.warmup.duration',
    },
    {
      rule: 'a duration is none',
      refused: policy('{connectionPool: {tcp: {connectTimeout: 10}}}'),
      accepted: policy('{connectionPool: {tcp: {connectTimeout: 10s}}}'),
      field: 'spec.trafficPolicy.connectionPool.tcp.connectTimeout',
    },
    {
      rule: 'a duration is finer than a millisecond',
      refused: policy('{connectionPool: {tcp: {connectTimeout: 1.5ms}}}'),
      accepted: policy('{connectionPool: {tcp: {connectTimeout: 1.005s}}}'),
      field: 'spec.trafficPolicy.connectionPool.tcp.connectTimeout',
    },
    {
      rule: 'connections of TCP may be idle for less than nothing',
      refused: policy('{connectionPool: {tcp: {idleTimeout: -1ms}}}'),
      accepted: policy('{connectionPool: {tcp: {idleTimeout: -0.5ms}}}'),
      field: 'spec.trafficPolicy.connectionPool.tcp.idleTimeout',
    },
    {
      rule: 'the idle time of TCP is finer than a millisecond',
      refused: policy('{connectionPool: {tcp: {idleTimeout: 1001us}}}'),
      accepted: policy('{connectionPool: {tcp: {idleTimeout: 999us}}}'),
      field: 'spec.trafficPolicy.connectionPool.tcp.idleTimeout',
    },
    {
      rule: 'endpoints are judged at intervals finer than a millisecond',
      refused: policy('{outlierDetection: {interval: 1s1ns}}'),
      accepted: policy('{outlierDetection: {interval: 1s1ms}}'),
      field: 'spec.trafficPolicy.outlierDetection.interval',
    },
    {
      rule: 'a warm-up is finer than a millisecond',
      refused: policy('{loadBalancer: {warmup: {duration: 1.0005s}}}'),
      accepted: policy('{loadBalancer: {warmup: {duration: 1.5s}}}'),
      field: 'spec.trafficPolicy.loadBalancer.warmup.duration',
    },
    {
      rule: 'a duration is below a millisecond',
      refused: policy('{connectionPool: {tcp: {connectTimeout: 0.9ms}}}'),
      accepted: policy('{connectionPool: {tcp: {connectTimeout: 1ms}}}'),
      field: 'spec.trafficPolicy.connectionPool.tcp.connectTimeout',
    },
    {
      rule: 'a count is negative',
      refused: policy('{connectionPool: {http: {maxRetries: -1}}}'),
      accepted: policy('{connectionPool: {http: {maxRetries: 0}}}'),
      field: 'spec.trafficPolicy.connectionPool.http.maxRetries',
    },
    {
      rule: 'HTTP/2 is forced and left to the client',
      refused: policy('{connectionPool: {http: {h2UpgradePolicy: UPGRADE, useClientProtocol: true}}}'),
      accepted: policy('{connectionPool: {http: {h2UpgradePolicy: UPGRADE}}}'),
      field: 'spec.trafficPolicy.connectionPool.http.useClientProtocol',
    },
    {
      rule: 'local errors are counted and not told apart',
      refused: policy('{outlierDetection: {consecutiveLocalOriginFailures: 3}}'),
      accepted: policy('{outlierDetection: {consecutiveLocalOriginFailures: 3, splitExternalLocalOriginErrors: true}}'),
      field: 'spec.trafficPolicy.outlierDetection.consecutiveLocalOriginFailures',
    },
    {
      rule: 'a share is above 100',
      refused: policy('{outlierDetection: {maxEjectionPercent: 101}}'),
      accepted: policy('{outlier_detection: {max_ejection_percent: 100, consecutive_5xx_errors: 1}}'),
      field: 'spec.trafficPolicy.outlierDetection.maxEjectionPercent',
    },
    {
      rule: 'a port has settings twice',
      refused: policy('{portLevelSettings: [{port: {number: 1}, tls: {}}, {port: {number: 1}, tls: {}}]}'),
      accepted: policy('{portLevelSettings: [{port: {number: 1}, tls: {}}, {port: {number: 2}, tls: {}}]}'),
      field: 'spec.trafficPolicy.portLevelSettings[1].port.number',
      warns: true,
    },
    {
      rule: 'a port has no settings',
      refused: policy('{portLevelSettings: [{port: {number: 1}}]}'),
      accepted: policy('{portLevelSettings: [{port: {number: 1}, tls: {mode: DISABLE}}]}'),
      field: 'spec.trafficPolicy.portLevelSettings[0]',
    },
    {
      rule: 'a tunnel meets the PROXY protocol',
      refused: policy('{tunnel: {targetHost: a, targetPort: 1}, proxyProtocol: {version: V2}}'),
      accepted: policy('{proxyProtocol: {version: V2}}'),
      field: 'spec.trafficPolicy.tunnel',
    },
    {
      rule: 'a rule for selected workloads is exported',
      refused: 'spec: {host: a, workloadSelector: {matchLabels: {a: b}}, exportTo: [other]}',
      accepted: 'spec: {host: a, workloadSelector: {matchLabels: {a: b}}, exportTo: [ns]}',
      field: 'spec.exportTo[0]',
    },
    {
      rule: 'it is exported to nobody',
      refused: 'spec: {host: a, exportTo: ["~"]}',
      accepted: 'spec: {host: a, exportTo: ["."]}',
      field: 'spec.exportTo[0]',
    },
    ...casesOf('spec: {host: a, subsets: [{name: □}]}', {
      rule: 'the name of a subset is none',
      refused: 'a_b',
      accepted: 'a-b',
      field: 'spec.subsets[0].name',
    }),
    ...casesOf(
      'spec: {host: a, trafficPolicy: {□}}',
      {
        rule: 'a warm-up does not grow',
        refused: 'loadBalancer: {simple: ROUND_ROBIN, warmup: {duration: 1s, aggression: 0}}',
        accepted: 'loadBalancer: {simple: ROUND_ROBIN, warmup: {duration: 1s, aggression: 0.5}}',
        field: 'spec.trafficPolicy.loadBalancer.warmup.aggression',
      },
      {
        rule: 'the size of a ring is said in two ways',
        refused: 'loadBalancer: {consistentHash: {useSourceIp: true, minimumRingSize: 1, ringHash: {}}}',
        accepted: 'loadBalancer: {consistentHash: {useSourceIp: true, ringHash: {}}}',
        field: 'spec.trafficPolicy.loadBalancer.consistentHash.minimumRingSize',
      },
      {
        rule: 'the size of a Maglev table is no prime',
        refused: 'loadBalancer: {consistentHash: {useSourceIp: true, maglev: {tableSize: 65536}}}',
        accepted: 'loadBalancer: {consistentHash: {useSourceIp: true, maglev: {tableSize: 65537}}}',
        field: 'spec.trafficPolicy.loadBalancer.consistentHash.maglev.tableSize',
      },
      {
        rule: 'a tunnel speaks something else',
        refused: 'tunnel: {protocol: GET, targetHost: a, targetPort: 1}',
        accepted: 'tunnel: {protocol: POST, targetHost: a, targetPort: 1}',
        field: 'spec.trafficPolicy.tunnel.protocol',
      },
      {
        rule: 'a tunnel leads nowhere',
        refused: 'tunnel: {targetHost: a_b, targetPort: 1}',
        accepted: 'tunnel: {targetHost: a-b, targetPort: 1}',
        field: 'spec.trafficPolicy.tunnel.targetHost',
      },
    ),
    ...[
      ['of all', 'trafficPolicy: {□}', 'spec.trafficPolicy'],
      [
        'of a port',
        'trafficPolicy: {portLevelSettings: [{port: {number: 1}, □}]}',
        'spec.trafficPolicy.portLevelSettings[0]',
      ],
      ['of a subset', 'subsets: [{name: v1, trafficPolicy: {□}}]', 'spec.subsets[0].trafficPolicy'],
      [
        'of a port of a subset',
        'subsets: [{name: v1, trafficPolicy: {portLevelSettings: [{port: {number: 1}, □}]}}]',
        'spec.subsets[0].trafficPolicy.portLevelSettings[0]',
      ],
    ].flatMap(([where, rest, place]) =>
      casesOf(
        `spec: {host: a, ${rest}}`,
        {
          rule: `errors ${where} are counted by the old name`,
          warns: true,
          refused: 'outlierDetection: {consecutiveErrors: 1}',
          accepted: 'outlierDetection: {consecutive5xxErrors: 1}',
          field: `${place}.outlierDetection.consecutiveErrors`,
        },
        {
          rule: `the ring ${where} has its size at the old place`,
          warns: true,
          refused: 'loadBalancer: {consistentHash: {useSourceIp: true, minimumRingSize: 2}}',
          accepted: 'loadBalancer: {consistentHash: {useSourceIp: true, ringHash: {minimumRingSize: 2}}}',
          field: `${place}.loadBalancer.consistentHash.minimumRingSize`,
        },
      ),
    ),
    ...casesOf(
      'spec: {host: a, trafficPolicy: {outlierDetection: {interval: 1s}, loadBalancer: {simple: ROUND_ROBIN, localityLbSetting: {□}}}}',
      ...localityHoles,
      {
        rule: 'localities are chosen in two ways',
        refused: 'distribute: [{from: a, to: {a: 100}}], failover: [{from: a, to: b}]',
        accepted: 'failover: [{from: a, to: b}]',
        field: `${lbField}.localityLbSetting.distribute`,
      },
      {
        rule: 'labels say nothing beside shares',
        warns: true,
        refused: 'distribute: [{from: a, to: {a: 100}}], failoverPriority: [a]',
        accepted: 'distribute: [{from: a, to: {a: 100}}]',
        field: `${lbField}.localityLbSetting.failoverPriority`,
      },
      {
        rule: 'regions are ordered in two ways',
        refused: 'failover: [{from: a, to: b}], failoverPriority: [version, topology.kubernetes.io/zone]',
        accepted: 'failover: [{from: a, to: b}], failoverPriority: [version]',
        field: `${lbField}.localityLbSetting.failoverPriority[1]`,
      },
      {
        rule: 'a locality fails over to itself',
        refused: 'failover: [{from: a, to: a}]',
        accepted: 'failover: [{from: a, to: b}]',
        field: `${lbField}.localityLbSetting.failover[0].to`,
      },
      {
        rule: 'what fails over is no region',
        refused: 'failover: [{from: a/b, to: c}]',
        accepted: 'failover: [{from: a, to: c}]',
        field: `${lbField}.localityLbSetting.failover[0].from`,
      },
    ),
    ...casesOf(
      'spec: {host: a, trafficPolicy: {outlierDetection: {interval: 1s}, loadBalancer: {simple: ROUND_ROBIN, zoneAwareLbSetting: {□}}}}',
      {
        rule: 'a label is looked at anyway',
        refused: 'failoverPriority: [topology.kubernetes.io/region]',
        accepted: 'failoverPriority: [version]',
        field: `${lbField}.zoneAwareLbSetting.failoverPriority[0]`,
      },
      {
        rule: 'a zone fails over',
        refused: 'failover: [{from: a, to: "b*"}]',
        accepted: 'failover: [{from: a, to: b}]',
        field: `${lbField}.zoneAwareLbSetting.failover[0].to`,
      },
    ),
    ...casesOf(
      'spec: {host: a, trafficPolicy: {loadBalancer: {simple: ROUND_ROBIN, □}}}',
      {
        rule: 'nothing finds out what fails',
        warns: true,
        refused: 'localityLbSetting: {failoverPriority: [a]}',
        accepted: 'localityLbSetting: {distribute: [{from: a, to: {a: 100}}]}',
        field: `${lbField}.localityLbSetting.failoverPriority`,
      },
      {
        rule: 'zones and localities are both spread over',
        refused: 'localityLbSetting: {enabled: true}, zoneAwareLbSetting: {enabled: true}',
        accepted: 'zoneAwareLbSetting: {enabled: true}',
        field: `${lbField}.zoneAwareLbSetting`,
      },
    ),
  ],
  examples: [
    'spec: {host: a.mesh, exportTo: ["*"], subsets: [{name: v1, labels: {version: v1}}]}',
    'spec: {host: a.mesh, exportTo: ["."], workloadSelector: {matchLabels: {app: a}}}',
    ...[
      `connectionPool: ${pool}`,
      'connectionPool: {http: {useClientProtocol: true}}',
      'loadBalancer: {simple: ROUND_ROBIN, warmupDurationSecs: 1s}',
      'loadBalancer: {simple: ROUND_ROBIN, warmup: {duration: 1s, minimumPercent: 10, aggression: 1.5}}',
      'loadBalancer: {consistentHash: {httpCookie: {name: a, path: /, ttl: 1s, attributes: [{name: SameSite, value: Strict}]}, ringHash: {minimumRingSize: 1}}}',
      'loadBalancer: {consistentHash: {httpHeaderName: a}}',
      'loadBalancer: {consistentHash: {httpQueryParameterName: a, maglev: {tableSize: 65537}}}',
      'loadBalancer: {consistentHash: {useSourceIp: true}}',
      'outlierDetection: {interval: 1s}, loadBalancer: {localityLbSetting: {enabled: true, failover: [{from: a, to: b}], failoverPriority: [version]}}',
      'loadBalancer: {localityLbSetting: {distribute: [{from: a, to: {a: 90, b: 10}}]}}',
      'outlierDetection: {interval: 1s}, loadBalancer: {simple: RANDOM, zoneAwareLbSetting: {enabled: true, minClusterSize: 1, failover: [{from: a, to: b}], failoverPriority: [version]}}',
      'outlierDetection: {consecutiveGatewayErrors: 1, consecutive5xxErrors: 2, outlierDetectionHttpErrorCodes: [500], splitExternalLocalOriginErrors: true, consecutiveLocalOriginFailures: 3, interval: 1s, baseEjectionTime: 2s, maxEjectionPercent: 50, minHealthPercent: 50}',
      'tls: {mode: MUTUAL, clientCertificate: /c, privateKey: /k, caCertificates: /r, caCrl: /l, subjectAltNames: [a], sni: a}',
      'tls: {mode: SIMPLE, credentialName: "", insecureSkipVerify: true}',
    ].map(settings => {
      const whole = `{${settings}, portLevelSettings: [{port: {number: 1}, ${settings}}]}`
      return `spec: {host: a.mesh, trafficPolicy: ${whole}, subsets: [{name: v1, trafficPolicy: ${whole}}]}`
    }),
    ...[
      '{retryBudget: {percent: 1.5, minRetryConcurrency: 1, budgetInterval: 1s}}',
      '{proxyProtocol: {version: V2}}',
      '{tunnel: {protocol: CONNECT, targetHost: b.mesh, targetPort: 1}}',
    ].map(whole => `spec: {host: a.mesh, trafficPolicy: ${whole}, subsets: [{name: v1, trafficPolicy: ${whole}}]}`),
  ],
}
