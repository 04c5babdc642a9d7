/** networking.k8s.io Ingress: hosts and paths that clients from outside reach, and the services behind them. */

import {
  enumeration,
  field,
  int32,
  list,
  optional,
  requiredText,
  structure,
  text,
  type Value,
} from '../schema/fields.ts'
import { isDnsLabel, isDnsSubdomain, isIpAddress, isPort } from './host-syntax.ts'
import { defineKind, type Report } from './kind.ts'

const backend = structure({
  service: field(
    'A service of the same namespace.',
    optional(
      structure({
        name: field('The name of the service.', requiredText(63)),
        port: field(
          'The port of the service: its name or its number.',
          optional(
            structure({
              name: field('The name of the port.', optional(text(63))),
              number: field('The number of the port.', optional(int32())),
            }),
          ),
        ),
      }),
    ),
  ),
  resource: field(
    'An object of the same namespace that is no service.',
    optional(
      structure({
        apiGroup: field('Its API group.', optional(text(253)), { default: 'the core group' }),
        kind: field('Its kind.', requiredText(63)),
        name: field('Its name.', requiredText(253)),
      }),
    ),
  ),
})

const path = structure({
  path: field('The path; it begins with /.', optional(text(8192)), { default: '/' }),
  pathType: field(
    '`Exact` is the path itself, `Prefix` what begins with its parts, `ImplementationSpecific` what the controller makes of it.',
    enumeration({ Exact: 0, Prefix: 1, ImplementationSpecific: 2 }),
  ),
  backend: field('Where its requests go.', backend),
})

const spec = structure({
  ingressClassName: field('Which controller serves it.', optional(text(253)), { default: 'the default class' }),
  defaultBackend: field('Where requests go that no rule takes.', optional(backend)),
  tls: field(
    'The certificates, by hosts.',
    optional(
      list(
        structure({
          hosts: field('The hosts that the certificate is for.', optional(list(text(253), 1000)), {
            default: 'all that are served',
          }),
          secretName: field('The Secret with the certificate and its key.', optional(text(253))),
        }),
        1000,
      ),
    ),
  ),
  rules: field(
    'The hosts, each with its paths.',
    optional(
      list(
        structure({
          host: field('A host, or `*.` and the rest of one.', optional(text(253)), { default: 'every host' }),
          http: field('The paths of the host.', optional(structure({ paths: field('The paths.', list(path, 1000)) })), {
            default: 'the default backend gets all requests',
          }),
        }),
        1000,
      ),
    ),
  ),
})

export type IngressSpec = Value<typeof spec>
type Backend = Value<typeof backend>

export const ingress = defineKind({
  name: 'Ingress',
  description: 'Hosts and paths that clients from outside reach, and the services behind them.',
  plural: 'ingresses',
  shortNames: ['ing'],
  columns: [
    { name: 'Class', path: '.spec.ingressClassName' },
    { name: 'Hosts', path: '.spec.rules[*].host' },
  ],
  group: 'networking.k8s.io',
  versions: ['v1'],
  scope: 'namespaced',
  body: 'spec',
  spec,
  notInForce: 'no proxy is made a gateway yet',
  check({ spec }, report) {
    const { rules = [], tls = [], defaultBackend, ingressClassName } = spec
    if (rules.length === 0 && defaultBackend === undefined)
      report.error('spec', 'has neither rules nor a default backend', 'add one of the two')
    if (ingressClassName !== undefined && !isDnsSubdomain(ingressClassName))
      report.error('spec.ingressClassName', `'${ingressClassName}' is not the name of a class`)
    if (defaultBackend !== undefined) checkBackend(defaultBackend, 'spec.defaultBackend', report)
    for (const [index, { hosts = [] }] of tls.entries()) {
      for (const [at, host] of hosts.entries()) checkHost(host, `spec.tls[${index}].hosts[${at}]`, report)
    }
    for (const [index, { host = '', http }] of rules.entries()) {
      if (host !== '') checkHost(host, `spec.rules[${index}].host`, report)
      if (http !== undefined) checkPaths(http.paths, `spec.rules[${index}].http.paths`, report)
    }
  },
})

function checkHost(host: string, field: string, report: Report): void {
  if (isIpAddress(host)) report.error(field, `${host} is an address`, 'name a host')
  else if (!isDnsSubdomain(host.startsWith('*.') ? host.slice(2) : host))
    report.error(field, `'${host}' is not a host`, "write a name in lower case, or '*.' and a name")
}

function checkPaths(
  paths: NonNullable<NonNullable<IngressSpec['rules']>[number]['http']>['paths'],
  field: string,
  report: Report,
): void {
  if (paths.length === 0) report.error(field, 'is empty', 'add a path')
  for (const [index, { path = '', pathType, backend }] of paths.entries()) {
    const place = `${field}[${index}]`
    checkBackend(backend, `${place}.backend`, report)
    if (!path.startsWith('/') && (path !== '' || pathType !== 'ImplementationSpecific'))
      report.error(`${place}.path`, `'${path}' does not begin with /`, 'write /')
    else if (pathType !== 'ImplementationSpecific' && /\/\/|\/\.{1,2}(?:\/|$)|%2f/i.test(path))
      report.error(`${place}.path`, `${path} is never the path of a request`, 'write it without //, /./, /../ and %2f')
  }
}

function checkBackend({ service, resource }: Backend, field: string, report: Report): void {
  if (service === undefined) {
    if (resource === undefined) report.error(field, 'names neither a service nor a resource', 'name a service')
    return
  }
  if (resource !== undefined) report.error(`${field}.resource`, 'cannot stand beside service', 'keep one of the two')
  if (!isDnsLabel(service.name)) report.error(`${field}.service.name`, `'${service.name}' is not a service`)
  const { name = '', number } = service.port ?? {}
  if ((name === '') === (number === undefined))
    report.error(`${field}.service.port`, 'needs either a name or a number', 'say one of the two')
  else if (number !== undefined && !isPort(number))
    report.error(`${field}.service.port.number`, `${number} is not a port`, 'use 1 to 65535')
}
