import { casesOf, type RuleTable } from '../rule-cases.ts'

export const workloadGroupRules: RuleTable = {
  kind: 'WorkloadGroup',
  apiVersion: 'networking.istio.io/v1',
  examples: [
    `spec:
  metadata: {labels: {app: a}, annotations: {note: b}}
  template:
    address: 10.0.0.1
    ports: {http: 80}
    labels: {app: a}
    network: n
    locality: r/z
    weight: 1
    serviceAccount: a
  probe:
    initialDelaySeconds: 1
    timeoutSeconds: 1
    periodSeconds: 1
    successThreshold: 1
    failureThreshold: 1
    httpGet: {path: /, port: 80, host: a, scheme: HTTPS, httpHeaders: [{name: X-a, value: b}]}`,
    'spec: {template: {}, probe: {tcpSocket: {host: a, port: 1}}}',
    'spec: {template: {}, probe: {exec: {command: [a, b]}}}',
    'spec: {template: {address: "unix://@a"}, probe: {grpc: {port: 1, service: a}}}',
  ],
  cases: [
    ...casesOf('spec: {□}', {
      rule: 'there is no template',
      refused: 'probe: {tcpSocket: {port: 1}}',
      accepted: 'template: {}, probe: {tcpSocket: {port: 1}}',
      field: 'spec.template',
    }),
    ...casesOf(
      'spec: {template: {□}}',
      {
        rule: 'the address is none',
        refused: 'address: a_b',
        accepted: 'address: a-b',
        field: 'spec.template.address',
      },
      {
        rule: 'the path of the socket is relative',
        refused: 'address: unix://a',
        accepted: 'address: unix:///a',
        field: 'spec.template.address',
      },
      {
        rule: 'a socket has ports',
        refused: 'address: unix:///a, ports: {a: 1}',
        accepted: 'address: 10.0.0.1, ports: {a: 1}',
        field: 'spec.template.ports',
      },
      {
        rule: 'a port is 0',
        refused: 'ports: {a: 0}',
        accepted: 'ports: {a: 1}',
        field: 'spec.template.ports.a',
      },
      {
        rule: 'the name of a port is none',
        refused: 'ports: {a.b: 1}',
        accepted: 'ports: {a-b: 1}',
        field: 'spec.template.ports.a.b',
      },
      {
        rule: 'the locality has too many parts',
        refused: 'locality: a/b/c/d',
        accepted: 'locality: a/b/c',
        field: 'spec.template.locality',
        warns: true,
      },
      {
        rule: 'a label is none',
        refused: 'labels: {a: b c}',
        accepted: 'labels: {a: b.c}',
        field: 'spec.template.labels.a',
      },
    ),
    ...casesOf('spec: {template: {}, metadata: {labels: {a: □}}}', {
      rule: 'a label for its members is none',
      refused: '-b',
      accepted: 'b',
      field: 'spec.metadata.labels.a',
    }),
    ...casesOf(
      'spec: {template: {}, probe: {□}}',
      { rule: 'the probe asks nothing', refused: '', accepted: 'grpc: {}', field: 'spec.probe' },
      {
        rule: 'the probe asks in two ways',
        refused: 'tcpSocket: {port: 1}, grpc: {port: 1}',
        accepted: 'grpc: {port: 1}',
        field: 'spec.probe.grpc',
      },
      {
        rule: 'the probe has no port',
        refused: 'httpGet: {path: /}',
        accepted: 'httpGet: {path: /, port: 1}',
        field: 'spec.probe.httpGet.port',
      },
      {
        rule: 'the port of the probe is 0',
        refused: 'tcpSocket: {port: 0}',
        accepted: 'tcpSocket: {port: 1}',
        field: 'spec.probe.tcpSocket.port',
      },
      {
        rule: 'the port of gRPC is too great',
        refused: 'grpc: {port: 65536}',
        accepted: 'grpc: {port: 65535}',
        field: 'spec.probe.grpc.port',
      },
      {
        rule: 'the scheme is in lower case',
        refused: 'httpGet: {port: 1, scheme: https}',
        accepted: 'httpGet: {port: 1, scheme: HTTPS}',
        field: 'spec.probe.httpGet.scheme',
      },
      {
        rule: 'a header is none',
        refused: 'httpGet: {port: 1, httpHeaders: [{name: a_b}]}',
        accepted: 'httpGet: {port: 1, httpHeaders: [{name: a-b}]}',
        field: 'spec.probe.httpGet.httpHeaders[0].name',
      },
      {
        rule: 'the command is empty',
        refused: 'exec: {command: []}',
        accepted: 'exec: {command: [a]}',
        field: 'spec.probe.exec.command',
      },
      {
        rule: 'a time is negative',
        refused: 'grpc: {}, periodSeconds: -1',
        accepted: 'grpc: {}, periodSeconds: 0',
        field: 'spec.probe.periodSeconds',
      },
    ),
  ],
}
