import type { RuleTable } from '../rule-cases.ts'

const policy = (text: string): string => `spec: {host: a.mesh, trafficPolicy: ${text}}`

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
  ],
}
