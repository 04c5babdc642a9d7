import type { RuleTable } from '../rule-cases.ts'

const ingress = (rest: string): string => `spec: {ingress: [{port: {number: 80, protocol: HTTP}, ${rest}}]}`
const secureIngress = (rest: string): string => `spec: {ingress: [{port: {number: 80, protocol: HTTPS}, ${rest}}]}`
const egress = (text: string): string => `spec: {egress: [${text}]}`

export const sidecarRules: RuleTable = {
  kind: 'Sidecar',
  apiVersion: 'networking.istio.io/v1',
  cases: [
    { rule: 'it says nothing', refused: 'spec: {}', accepted: egress('{hosts: ["./*"]}'), field: 'spec' },
    {
      rule: 'an ingress listener has no port',
      refused: 'spec: {ingress: [{bind: 10.0.0.1}]}',
      accepted: ingress('bind: 10.0.0.1'),
      field: 'spec.ingress[0].port',
    },
    {
      rule: 'an ingress port is 0',
      refused: 'spec: {ingress: [{port: {number: 0}}]}',
      accepted: 'spec: {ingress: [{port: {number: 1}}]}',
      field: 'spec.ingress[0].port.number',
    },
    {
      rule: 'two ingress listeners share a port',
      refused: 'spec: {ingress: [{port: {number: 1}}, {port: {number: 1}}]}',
      accepted: 'spec: {ingress: [{port: {number: 1}}, {port: {number: 2}}]}',
      field: 'spec.ingress[1].port.number',
    },
    {
      rule: 'ingress binds a socket',
      refused: ingress('bind: "unix:///a"'),
      accepted: ingress('bind: "::1"'),
      field: 'spec.ingress[0].bind',
    },
    {
      rule: 'defaultEndpoint is another machine',
      refused: ingress('defaultEndpoint: "10.0.0.1:80"'),
      accepted: ingress('defaultEndpoint: "127.0.0.1:80"'),
      field: 'spec.ingress[0].defaultEndpoint',
    },
    {
      rule: 'defaultEndpoint has no port',
      refused: ingress('defaultEndpoint: "[::1]"'),
      accepted: ingress('defaultEndpoint: "[::1]:80"'),
      field: 'spec.ingress[0].defaultEndpoint',
    },
    {
      rule: 'defaultEndpoint is a relative socket',
      refused: ingress('defaultEndpoint: "unix://a"'),
      accepted: ingress('defaultEndpoint: "unix:///a"'),
      field: 'spec.ingress[0].defaultEndpoint',
    },
    {
      rule: 'a port in clear text has TLS',
      refused: ingress('tls: {mode: SIMPLE, serverCertificate: /c, privateKey: /k}'),
      accepted: secureIngress('tls: {mode: SIMPLE, serverCertificate: /c, privateKey: /k}'),
      field: 'spec.ingress[0].tls',
    },
    {
      rule: 'a port that is not HTTP has a pool for HTTP',
      refused: 'spec: {ingress: [{port: {number: 80, protocol: TCP}, connectionPool: {http: {http2MaxRequests: 1}}}]}',
      accepted:
        'spec: {ingress: [{port: {number: 80, protocol: HTTP}, connectionPool: {http: {http2MaxRequests: 1}}}]}',
      field: 'spec.ingress[0].connectionPool.http',
      warns: true,
    },
    {
      rule: 'ingress TLS is the mesh its own',
      refused: secureIngress('tls: {mode: ISTIO_MUTUAL}'),
      accepted: secureIngress('tls: {mode: SIMPLE, serverCertificate: /c, privateKey: /k}'),
      field: 'spec.ingress[0].tls.mode',
    },
    {
      rule: 'MUTUAL has no roots',
      refused: secureIngress('tls: {mode: MUTUAL, serverCertificate: /c, privateKey: /k}'),
      accepted: secureIngress('tls: {mode: MUTUAL, serverCertificate: /c, privateKey: /k, caCertificates: /r}'),
      field: 'spec.ingress[0].tls.caCertificates',
    },
    {
      rule: 'the lowest TLS version is above the highest',
      refused: secureIngress(
        'tls: {mode: SIMPLE, serverCertificate: /c, privateKey: /k, minProtocolVersion: TLSV1_3, maxProtocolVersion: TLSV1_2}',
      ),
      accepted: secureIngress(
        'tls: {mode: SIMPLE, serverCertificate: /c, privateKey: /k, minProtocolVersion: TLSV1_2, maxProtocolVersion: TLSV1_2}',
      ),
      field: 'spec.ingress[0].tls.minProtocolVersion',
    },
    {
      rule: 'an egress listener without port is not the last',
      refused: egress('{hosts: ["./*"]}, {port: {number: 1}, hosts: ["./*"]}'),
      accepted: egress('{port: {number: 1}, hosts: ["./*"]}, {hosts: ["./*"]}'),
      field: 'spec.egress[0]',
    },
    {
      rule: 'egress has no hosts',
      refused: egress('{hosts: []}'),
      accepted: egress('{hosts: ["~/*"]}'),
      field: 'spec.egress[0].hosts',
    },
    {
      rule: 'an egress host has no namespace',
      refused: egress('{hosts: [a.mesh]}'),
      accepted: egress('{hosts: [ns/a.mesh]}'),
      field: 'spec.egress[0].hosts[0]',
    },
    {
      rule: 'an egress host is none',
      refused: egress('{hosts: [ns/a_b]}'),
      accepted: egress('{hosts: ["ns/*.b"]}'),
      field: 'spec.egress[0].hosts[0]',
    },
    {
      rule: "'~' names a host",
      refused: egress('{hosts: ["~/a"]}'),
      accepted: egress('{hosts: ["~/*"]}'),
      field: 'spec.egress[0].hosts[0]',
    },
    {
      rule: 'a numbered egress port binds a socket',
      refused: egress('{port: {number: 1}, bind: "unix:///s", hosts: ["./*"]}'),
      accepted: egress('{port: {number: 0, protocol: HTTP}, bind: "unix:///s", hosts: ["./*"]}'),
      field: 'spec.egress[0].bind',
    },
    {
      rule: 'a socket would be captured',
      refused: egress('{port: {protocol: HTTP}, bind: "unix:///s", captureMode: IPTABLES, hosts: ["./*"]}'),
      accepted: egress('{port: {protocol: HTTP}, bind: "unix:///s", captureMode: NONE, hosts: ["./*"]}'),
      field: 'spec.egress[0].captureMode',
    },
    {
      rule: 'an egress proxy meets REGISTRY_ONLY',
      refused: 'spec: {outboundTrafficPolicy: {mode: REGISTRY_ONLY, egressProxy: {host: e.mesh, port: {number: 80}}}}',
      accepted: 'spec: {outboundTrafficPolicy: {mode: ALLOW_ANY, egressProxy: {host: e.mesh, port: {number: 80}}}}',
      field: 'spec.outboundTrafficPolicy.egressProxy',
    },
    {
      rule: 'a connection pool is empty',
      refused: 'spec: {inboundConnectionPool: {}}',
      accepted: 'spec: {inboundConnectionPool: {tcp: {maxConnections: 1}}}',
      field: 'spec.inboundConnectionPool',
    },
  ],
}
