import type { RuleTable } from '../rule-cases.ts'

const server = (rest: string): string => `spec: {servers: [{${rest}}]}`
const port = (rest: string): string => server(`hosts: [a.example], port: {${rest}}`)
const host = (text: string): string => server(`hosts: [${text}], port: {number: 80, name: a, protocol: HTTP}`)
const secure = (tls: string): string =>
  server(`hosts: [a.example], port: {number: 443, name: a, protocol: HTTPS}, tls: {${tls}}`)

export const gatewayRules: RuleTable = {
  kind: 'Gateway',
  apiVersion: 'networking.istio.io/v1',
  examples: [
    `spec:
  selector: {istio: ingressgateway}
  servers:
  - name: web
    port: {number: 443, name: https, protocol: HTTPS, targetPort: 0}
    bind: 10.0.0.1
    hosts: [a.example, "*.example", "*", ./a.example, "*/*", ns/*.mesh]
    defaultEndpoint: 127.0.0.1:80
    tls:
      mode: MUTUAL
      credentialName: pair
      caCertCredentialName: roots
      caCrl: ''
      subjectAltNames: [a]
      verifyCertificateSpki: [aa]
      verifyCertificateHash: [bb]
      minProtocolVersion: TLSV1_2
      maxProtocolVersion: TLSV1_3
      cipherSuites: [ECDHE-ECDSA-AES256-GCM-SHA384, AES128-SHA]
      insecureSkipVerify: false
  - port: {number: 80, name: http, protocol: HTTP}
    hosts: [a.example]
    tls: {httpsRedirect: true}`,
    secure('mode: OPTIONAL_MUTUAL, credentialNames: [a, b]'),
    secure(
      'mode: OPTIONAL_MUTUAL, caCertificates: c, caCrl: d, tlsCertificates: [{serverCertificate: a, privateKey: b, caCertificates: c}]',
    ),
  ],
  cases: [
    {
      rule: 'its name has a dot',
      name: 'x.y',
      refused: host('a.example'),
      accepted: host('a.example'),
      field: 'metadata.name',
    },
    { rule: 'it has no server', refused: 'spec: {servers: []}', accepted: host('a.example'), field: 'spec.servers' },
    {
      rule: 'a server has no port',
      refused: server('hosts: [a.example]'),
      accepted: host('a.example'),
      field: 'spec.servers[0].port',
    },
    { rule: 'a server has no host', refused: host(''), accepted: host('a.example'), field: 'spec.servers[0].hosts' },
    {
      rule: 'the namespace of a host is none',
      refused: host('N/a.example'),
      accepted: host('n/a.example'),
      field: 'spec.servers[0].hosts[0]',
    },
    {
      rule: 'a host is short for a name',
      refused: host('a'),
      accepted: host('10.0.0.1'),
      field: 'spec.servers[0].hosts[0]',
    },
    {
      rule: 'a wildcard is not at the beginning',
      refused: host('"*a.example"'),
      accepted: host('"*.example"'),
      field: 'spec.servers[0].hosts[0]',
    },
    {
      rule: 'a protocol is unknown',
      refused: port('number: 80, name: a, protocol: QUIC'),
      accepted: port('number: 80, name: a, protocol: http2'),
      field: 'spec.servers[0].port.protocol',
    },
    {
      rule: 'there is no protocol',
      refused: port('number: 80, name: a'),
      accepted: port('number: 80, name: a, protocol: TCP'),
      field: 'spec.servers[0].port.protocol',
    },
    {
      rule: 'a port has no number',
      refused: port('name: a, protocol: HTTP'),
      accepted: port('number: 80, name: a, protocol: HTTP'),
      field: 'spec.servers[0].port.number',
    },
    {
      rule: 'a port is 0',
      refused: port('number: 0, name: a, protocol: HTTP'),
      accepted: port('number: 1, name: a, protocol: HTTP'),
      field: 'spec.servers[0].port.number',
    },
    {
      rule: 'a port has a number beside a Unix socket',
      refused: `${port('number: 1, name: a, protocol: HTTP').slice(0, -3)}, bind: unix:///a}]}`,
      accepted: `${port('number: 0, name: a, protocol: HTTP').slice(0, -3)}, bind: unix:///a}]}`,
      field: 'spec.servers[0].port.number',
    },
    {
      rule: 'a port has no name',
      refused: port('number: 80, protocol: HTTP'),
      accepted: port('number: 80, name: a, protocol: HTTP'),
      field: 'spec.servers[0].port.name',
    },
    {
      rule: 'two ports have one name',
      refused:
        'spec: {servers: [{hosts: [a.example], port: {number: 80, name: a, protocol: HTTP}}, {hosts: [a.example], port: {number: 81, name: a, protocol: HTTP}}]}',
      accepted:
        'spec: {servers: [{hosts: [a.example], port: {number: 80, name: a, protocol: HTTP}}, {hosts: [a.example], port: {number: 81, name: b, protocol: HTTP}}]}',
      field: 'spec.servers[1].port.name',
    },
    {
      rule: 'a target port is given',
      refused: port('number: 80, name: a, protocol: HTTP, targetPort: 8080'),
      accepted: port('number: 80, name: a, protocol: HTTP, targetPort: 0'),
      field: 'spec.servers[0].port.targetPort',
    },
    {
      rule: 'the socket has a relative path',
      refused: `${port('number: 0, name: a, protocol: HTTP').slice(0, -3)}, bind: unix://a}]}`,
      accepted: `${port('number: 0, name: a, protocol: HTTP').slice(0, -3)}, bind: unix:///a}]}`,
      field: 'spec.servers[0].bind',
    },
    {
      rule: 'the address to bind is none',
      refused: `${port('number: 1, name: a, protocol: HTTP').slice(0, -3)}, bind: localhost}]}`,
      accepted: `${port('number: 1, name: a, protocol: HTTP').slice(0, -3)}, bind: 127.0.0.1}]}`,
      field: 'spec.servers[0].bind',
    },
    {
      rule: 'HTTPS has no settings of TLS',
      refused: server('hosts: [a.example], port: {number: 443, name: a, protocol: HTTPS}'),
      accepted: server('hosts: [a.example], port: {number: 443, name: a, protocol: HTTPS}, tls: {}'),
      field: 'spec.servers[0].tls',
    },
    {
      rule: 'HTTP ends TLS',
      refused: server(
        'hosts: [a.example], port: {number: 80, name: a, protocol: HTTP}, tls: {mode: SIMPLE, credentialName: c}',
      ),
      accepted: server(
        'hosts: [a.example], port: {number: 443, name: a, protocol: HTTPS}, tls: {mode: SIMPLE, credentialName: c}',
      ),
      field: 'spec.servers[0].tls',
    },
    {
      rule: 'TCP has settings of TLS',
      refused: server('hosts: [a.example], port: {number: 80, name: a, protocol: TCP}, tls: {}'),
      accepted: server('hosts: [a.example], port: {number: 80, name: a, protocol: TLS}, tls: {}'),
      field: 'spec.servers[0].tls',
    },
    {
      rule: 'something else than HTTP is redirected',
      warns: true,
      refused: secure('httpsRedirect: true'),
      accepted: secure('httpsRedirect: false'),
      field: 'spec.servers[0].tls.httpsRedirect',
    },
    {
      rule: 'the lowest version of TLS is above the highest',
      refused: secure('minProtocolVersion: TLSV1_3, maxProtocolVersion: TLSV1_2'),
      accepted: secure('minProtocolVersion: TLSV1_3, maxProtocolVersion: TLSV1_3'),
      field: 'spec.servers[0].tls.minProtocolVersion',
    },
    {
      rule: 'an old version of TLS has no cipher',
      warns: true,
      refused: secure('minProtocolVersion: TLSV1_1'),
      accepted: secure('minProtocolVersion: TLSV1_1, cipherSuites: [AES128-SHA]'),
      field: 'spec.servers[0].tls.minProtocolVersion',
    },
    {
      rule: 'a cipher is unknown',
      warns: true,
      refused: secure('cipherSuites: [AES129-SHA]'),
      accepted: secure('cipherSuites: [AES128-SHA]'),
      field: 'spec.servers[0].tls.cipherSuites[0]',
    },
    {
      rule: 'a cipher is named twice',
      warns: true,
      refused: secure('cipherSuites: [AES128-SHA, AES128-SHA]'),
      accepted: secure('cipherSuites: [AES128-SHA, AES256-SHA]'),
      field: 'spec.servers[0].tls.cipherSuites[1]',
    },
    {
      rule: 'ISTIO_MUTUAL has a certificate',
      refused: secure('mode: ISTIO_MUTUAL, credentialName: c'),
      accepted: secure('mode: MUTUAL, credentialName: c'),
      field: 'spec.servers[0].tls.credentialName',
    },
    {
      rule: 'PASSTHROUGH has a certificate',
      warns: true,
      refused: secure('mode: AUTO_PASSTHROUGH, credentialName: c'),
      accepted: secure('mode: AUTO_PASSTHROUGH'),
      field: 'spec.servers[0].tls.credentialName',
    },
    {
      rule: 'there are two sources of a certificate',
      refused: secure('mode: SIMPLE, credentialName: c, serverCertificate: a, privateKey: b'),
      accepted: secure('mode: SIMPLE, credentialName: c, serverCertificate: a'),
      field: 'spec.servers[0].tls.credentialName',
    },
    {
      rule: 'it has credentialName and credentialNames',
      refused: secure('mode: SIMPLE, credentialName: "", credentialNames: [c]'),
      accepted: secure('mode: SIMPLE, credentialNames: [c]'),
      field: 'spec.servers[0].tls.credentialNames',
    },
    {
      rule: 'it has credentialNames and tlsCertificates',
      refused: secure('mode: SIMPLE, credentialNames: [a], tlsCertificates: [{serverCertificate: /c, privateKey: /k}]'),
      accepted: secure('mode: SIMPLE, credentialNames: [a]'),
      field: 'spec.servers[0].tls.tlsCertificates',
    },
    {
      rule: 'SIMPLE has no certificate',
      refused: secure('mode: SIMPLE, privateKey: b'),
      accepted: secure('mode: SIMPLE, privateKey: b, serverCertificate: a'),
      field: 'spec.servers[0].tls.serverCertificate',
    },
    {
      rule: 'one of several certificates has no key',
      refused: secure('mode: SIMPLE, tlsCertificates: [{serverCertificate: a}]'),
      accepted: secure('mode: SIMPLE, tlsCertificates: [{serverCertificate: a, privateKey: b}]'),
      field: 'spec.servers[0].tls.tlsCertificates[0].privateKey',
    },
    {
      rule: 'there are three certificates',
      refused: secure('mode: SIMPLE, credentialNames: [a, b, c]'),
      accepted: secure('mode: SIMPLE, credentialNames: [a, b]'),
      field: 'spec.servers[0].tls.credentialNames',
    },
    {
      rule: 'MUTUAL has no roots for the clients',
      refused: secure('mode: MUTUAL, serverCertificate: a, privateKey: b'),
      accepted: secure('mode: MUTUAL, serverCertificate: a, privateKey: b, caCertificates: c'),
      field: 'spec.servers[0].tls.caCertificates',
    },
    {
      rule: 'two servers have one name',
      warns: true,
      refused:
        'spec: {servers: [{name: x, hosts: ["*"], port: {number: 80, name: a, protocol: HTTP}}, {name: x, hosts: ["*"], port: {number: 81, name: b, protocol: HTTP}}]}',
      accepted:
        'spec: {servers: [{name: x, hosts: ["*"], port: {number: 80, name: a, protocol: HTTP}}, {name: y, hosts: ["*"], port: {number: 81, name: b, protocol: HTTP}}]}',
      field: 'spec.servers[1].name',
    },
    {
      rule: 'SIMPLE has a revocation list for clients',
      refused: secure('mode: SIMPLE, serverCertificate: a, privateKey: b, caCrl: d'),
      accepted: secure('mode: MUTUAL, serverCertificate: a, privateKey: b, caCertificates: c, caCrl: d'),
      field: 'spec.servers[0].tls.caCrl',
    },
  ],
}
