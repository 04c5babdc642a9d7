import { casesOf, type RuleTable } from '../rule-cases.ts'
import { wholePool as pool } from './connection-pool.ts'

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
      rule: 'what is excluded is short for a name',
      refused: egress('{hosts: ["*/*", "~/a"]}'),
      accepted: egress('{hosts: ["*/*", "~/a.mesh", "~ns/*", "~./*.b"]}'),
      field: 'spec.egress[0].hosts[1]',
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
    ...casesOf(
      'spec: {ingress: [{port: {number: 80, protocol: HTTPS, name: a}, defaultEndpoint: 127.0.0.1:80, tls: {mode: SIMPLE, serverCertificate: a, privateKey: b, □}}]}',
      {
        rule: 'names of clients are verified',
        refused: 'subjectAltNames: [a]',
        accepted: 'subjectAltNames: []',
        field: 'spec.ingress[0].tls.subjectAltNames',
      },
      {
        rule: 'a listener redirects',
        refused: 'httpsRedirect: true',
        accepted: 'httpsRedirect: false',
        field: 'spec.ingress[0].tls.httpsRedirect',
      },
      {
        rule: 'a listener has a credential',
        refused: 'credentialName: a',
        accepted: 'credentialName: ""',
        field: 'spec.ingress[0].tls.credentialName',
      },
      {
        rule: 'a listener has several certificates',
        refused: 'tlsCertificates: [{serverCertificate: /c, privateKey: /k}]',
        accepted: 'credentialName: ""',
        field: 'spec.ingress[0].tls.tlsCertificates',
      },
      {
        rule: 'a listener has credentials',
        refused: 'credentialNames: [a]',
        accepted: 'credentialName: ""',
        field: 'spec.ingress[0].tls.credentialNames',
      },
      {
        rule: 'SIMPLE revokes certificates of clients',
        refused: 'caCrl: a',
        accepted: 'caCrl: ""',
        field: 'spec.ingress[0].tls.caCrl',
      },
    ),
    ...casesOf(
      'spec: {ingress: [{port: {number: 80, protocol: HTTPS, name: a}, defaultEndpoint: 127.0.0.1:80, tls: {serverCertificate: a, privateKey: b, □}}]}',
      {
        rule: 'clients are verified by no roots',
        refused: 'mode: MUTUAL',
        accepted: 'mode: MUTUAL, caCertificates: c',
        field: 'spec.ingress[0].tls.caCertificates',
      },
    ),
    ...casesOf(
      'spec: {egress: [□]}',
      {
        rule: 'an address for no port is none',
        refused: '{bind: a, hosts: ["./*"]}',
        accepted: '{bind: 127.0.0.1, hosts: ["./*"]}',
        field: 'spec.egress[0].bind',
      },
      {
        rule: 'an address for a port is none',
        refused: '{port: {number: 80, protocol: HTTP, name: a}, bind: a, hosts: ["./*"]}',
        accepted: '{port: {number: 80, protocol: HTTP, name: a}, bind: 127.0.0.1, hosts: ["./*"]}',
        field: 'spec.egress[0].bind',
      },
      {
        rule: 'a socket is taken',
        refused:
          '{port: {protocol: HTTP, name: a}, bind: unix:///a, hosts: ["./*"]}, {port: {protocol: HTTP, name: b}, bind: unix:///a, hosts: ["./*"]}',
        accepted:
          '{port: {protocol: HTTP, name: a}, bind: unix:///a, hosts: ["./*"]}, {port: {protocol: HTTP, name: b}, bind: unix:///b, hosts: ["./*"]}',
        field: 'spec.egress[1].bind',
      },
      {
        rule: 'a socket is captured',
        refused: '{port: {protocol: HTTP, name: a}, bind: unix:///a, captureMode: IPTABLES, hosts: ["./*"]}',
        accepted: '{port: {protocol: HTTP, name: a}, bind: unix:///a, captureMode: NONE, hosts: ["./*"]}',
        field: 'spec.egress[0].captureMode',
      },
      {
        rule: 'a port is too great',
        refused: '{port: {number: 65536, protocol: HTTP, name: a}, hosts: ["./*"]}',
        accepted: '{port: {number: 65535, protocol: HTTP, name: a}, hosts: ["./*"]}',
        field: 'spec.egress[0].port.number',
      },
      {
        rule: 'a port has a target',
        refused: '{port: {number: 80, protocol: HTTP, name: a, targetPort: 1}, hosts: ["./*"]}',
        accepted: '{port: {number: 80, protocol: HTTP, name: a}, hosts: ["./*"]}',
        field: 'spec.egress[0].port.targetPort',
      },
      {
        rule: 'the name of a port is none',
        refused: '{port: {number: 80, protocol: HTTP, name: a_b}, hosts: ["./*"]}',
        accepted: '{port: {number: 80, protocol: HTTP, name: a-b}, hosts: ["./*"]}',
        field: 'spec.egress[0].port.name',
      },
      {
        rule: 'the protocol of a port is none',
        refused: '{port: {number: 80, protocol: HTTQ, name: a}, hosts: ["./*"]}',
        accepted: '{port: {number: 80, protocol: HTTP, name: a}, hosts: ["./*"]}',
        field: 'spec.egress[0].port.protocol',
      },
      {
        rule: 'a host is none',
        refused: '{hosts: ["./a_b.c"]}',
        accepted: '{hosts: ["./a-b.c"]}',
        field: 'spec.egress[0].hosts[0]',
      },
      {
        rule: 'a host is short',
        refused: '{hosts: ["./a"]}',
        accepted: '{hosts: ["./a.b"]}',
        field: 'spec.egress[0].hosts[0]',
      },
      {
        rule: 'what is excluded is in no namespace',
        refused: '{hosts: ["~~ns/a.b"]}',
        accepted: '{hosts: ["~ns/a.b"]}',
        field: 'spec.egress[0].hosts[0]',
      },
      {
        rule: 'a host is there twice',
        warns: true,
        refused: '{hosts: ["./a.c", "./a.c"]}',
        accepted: '{hosts: ["./a.c", "./b.c"]}',
        field: 'spec.egress[0].hosts[1]',
      },
      {
        rule: 'everything makes other hosts needless',
        warns: true,
        refused: '{hosts: ["*/*", "./a.c"]}',
        accepted: '{hosts: ["*/*"]}',
        field: 'spec.egress[0].hosts',
      },
    ),
    ...casesOf('spec: {outboundTrafficPolicy: {mode: □}}', {
      rule: 'a mode is for the whole mesh',
      refused: 'ALLOW_ANY_DYNAMIC_DNS',
      accepted: 'ALLOW_ANY',
      field: 'spec.outboundTrafficPolicy.mode',
    }),
    ...casesOf("spec: {egress: [{hosts: ['./*']}], outboundTrafficPolicy: {□}}", {
      rule: 'a proxy for others is there for nobody',
      refused: 'mode: REGISTRY_ONLY, egressProxy: {host: a, port: {number: 1}}',
      accepted: 'mode: ALLOW_ANY, egressProxy: {host: a, port: {number: 1}}',
      field: 'spec.outboundTrafficPolicy.egressProxy',
    }),
    ...casesOf(
      'spec: {ingress: [{port: {number: 80, protocol: HTTPS, name: a}, defaultEndpoint: 127.0.0.1:80, tls: {mode: SIMPLE, privateKey: b, □}}]}',
      {
        rule: 'a listener has no certificate',
        refused: 'serverCertificate: ""',
        accepted: 'serverCertificate: a',
        field: 'spec.ingress[0].tls.serverCertificate',
      },
    ),
    ...casesOf("spec: {egress: [{port: {protocol: HTTP, name: a}, hosts: ['./*'], □}]}", {
      rule: 'a port has neither number nor socket',
      refused: 'bind: 127.0.0.1',
      accepted: 'bind: unix:///a',
      field: 'spec.egress[0].bind',
    }),
    ...casesOf("spec: {egress: [{hosts: ['./*']}], outboundTrafficPolicy: {mode: ALLOW_ANY, egressProxy: {□}}}", {
      rule: 'a proxy for others has no port',
      refused: 'host: a',
      accepted: 'host: a, port: {number: 1}',
      field: 'spec.outboundTrafficPolicy.egressProxy.port',
    }),
  ],
  examples: [
    `spec:
  workloadSelector: {labels: {app: a}}
  inboundConnectionPool: ${pool}
  outboundTrafficPolicy: {mode: ALLOW_ANY, egressProxy: {host: a.mesh, port: {number: 1}, subset: v1}}
  egress:
    - {port: {number: 1, protocol: HTTP, name: a, targetPort: 0}, bind: 127.0.0.1, captureMode: NONE, hosts: ["./*"]}
  ingress:
    - {port: {number: 80, protocol: HTTP, name: http, targetPort: 0}, captureMode: NONE, bind: 10.0.0.1, defaultEndpoint: "127.0.0.1:81", connectionPool: ${pool}}
    - {port: {number: 81, protocol: HTTP, name: more}, connectionPool: {http: {useClientProtocol: true}}}
    - port: {number: 443, protocol: HTTPS, name: https}
      tls:
        {mode: MUTUAL, serverCertificate: /c, privateKey: /k, caCertificates: /r, caCrl: /l, credentialName: "", caCertCredentialName: "", httpsRedirect: false, subjectAltNames: [], minProtocolVersion: TLSV1_2, maxProtocolVersion: TLSV1_3, cipherSuites: [ECDHE-RSA-AES128-GCM-SHA256], verifyCertificateSpki: [a], verifyCertificateHash: [b], insecureSkipVerify: false}`,
    'spec: {inboundConnectionPool: {http: {useClientProtocol: true}}}',
  ],
}
