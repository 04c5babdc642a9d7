import { casesOf, type RuleTable } from '../rule-cases.ts'

const service = 'service: {name: a, port: {number: 80}}'
const path = (rest: string): string => `spec: {rules: [{http: {paths: [{${rest}}]}}]}`

export const ingressRules: RuleTable = {
  kind: 'Ingress',
  apiVersion: 'networking.k8s.io/v1',
  examples: [
    `spec:
  ingressClassName: istio
  defaultBackend: {resource: {apiGroup: k8s.example, kind: Bucket, name: a}}
  tls: [{hosts: [a.example, "*.b.example"], secretName: a}]
  rules:
  - host: a.example
    http:
      paths:
      - {path: /a, pathType: Prefix, backend: {${service}}}
      - {pathType: ImplementationSpecific, backend: {service: {name: a, port: {name: http}}}}
      - {path: /b, pathType: Exact, backend: {resource: {apiGroup: k8s.example, kind: Bucket, name: a}}}`,
  ],
  cases: [
    ...casesOf(
      'spec: {□}',
      {
        rule: 'it serves nothing',
        refused: 'ingressClassName: a',
        accepted: `ingressClassName: a, defaultBackend: {${service}}`,
        field: 'spec',
      },
      {
        rule: 'its class is none',
        refused: `ingressClassName: A, defaultBackend: {${service}}`,
        accepted: `ingressClassName: a, defaultBackend: {${service}}`,
        field: 'spec.ingressClassName',
      },
      {
        rule: 'a host is an address',
        refused: 'rules: [{host: 10.0.0.1}]',
        accepted: 'rules: [{host: 10.0.0.a}]',
        field: 'spec.rules[0].host',
      },
      {
        rule: 'the wildcard of a host is not its first part',
        refused: 'rules: [{host: "a.*.example"}]',
        accepted: 'rules: [{host: "*.a.example"}]',
        field: 'spec.rules[0].host',
      },
      {
        rule: 'the host of a certificate is none',
        refused: `tls: [{hosts: [a_b]}], defaultBackend: {${service}}`,
        accepted: `tls: [{hosts: [a-b]}], defaultBackend: {${service}}`,
        field: 'spec.tls[0].hosts[0]',
      },
      {
        rule: 'a host has no path',
        refused: 'rules: [{http: {paths: []}}]',
        accepted: 'rules: [{}]',
        field: 'spec.rules[0].http.paths',
      },
    ),
    ...casesOf(
      path('□'),
      {
        rule: 'a path has no type',
        refused: `path: /, backend: {${service}}`,
        accepted: `path: /, backend: {${service}}, pathType: Exact`,
        field: 'spec.rules[0].http.paths[0].pathType',
      },
      {
        rule: 'a path does not begin with /',
        refused: `path: a, pathType: Prefix, backend: {${service}}`,
        accepted: `path: /a, pathType: Prefix, backend: {${service}}`,
        field: 'spec.rules[0].http.paths[0].path',
      },
      {
        rule: 'no request has such a path',
        refused: `path: /a/../b, pathType: Prefix, backend: {${service}}`,
        accepted: `path: /a/..b, pathType: Prefix, backend: {${service}}`,
        field: 'spec.rules[0].http.paths[0].path',
      },
      {
        rule: 'nothing is behind a path',
        refused: 'pathType: Prefix, path: /, backend: {}',
        accepted: `pathType: Prefix, path: /, backend: {${service}}`,
        field: 'spec.rules[0].http.paths[0].backend',
      },
    ),
    ...casesOf(
      'spec: {defaultBackend: {□}}',
      {
        rule: 'two things are behind it',
        refused: `${service}, resource: {kind: a, name: b}`,
        accepted: service,
        field: 'spec.defaultBackend.resource',
      },
      {
        rule: 'the service is none',
        refused: 'service: {name: a.b, port: {number: 80}}',
        accepted: 'service: {name: a-b, port: {number: 80}}',
        field: 'spec.defaultBackend.service.name',
      },
      {
        rule: 'the service has no port',
        refused: 'service: {name: a}',
        accepted: 'service: {name: a, port: {name: b}}',
        field: 'spec.defaultBackend.service.port',
      },
      {
        rule: 'the port of the service is 0',
        refused: 'service: {name: a, port: {number: 0}}',
        accepted: 'service: {name: a, port: {number: 1}}',
        field: 'spec.defaultBackend.service.port.number',
      },
    ),
  ],
}
