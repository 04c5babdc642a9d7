/** What an Ingress takes for granted: the services behind its paths, their ports, and its certificates. */

import type { CollectionReader } from '../../graph/graph.ts'
import type { ObjectOf } from '../kinds/catalogue.ts'
import { type CredentialReads, certificateAndKey, credentialFindings } from './credentials.ts'
import { portNotFound } from './destinations.ts'
import type { Finding } from './finding.ts'

type Ingress = ObjectOf<'Ingress'>
type Backend = NonNullable<Ingress['spec']['defaultBackend']>

export interface IngressReads extends CredentialReads {
  readonly services: CollectionReader<ObjectOf<'Service'>>
}

export function ingressFindings({ metadata, spec }: Ingress, reads: IngressReads): readonly Finding[] {
  const { namespace } = metadata
  const backends = [
    ...(spec.defaultBackend === undefined ? [] : [{ backend: spec.defaultBackend, field: 'spec.defaultBackend' }]),
    ...(spec.rules ?? []).flatMap(({ http }, index) =>
      (http?.paths ?? []).map(({ backend }, at) => ({
        backend,
        field: `spec.rules[${index}].http.paths[${at}].backend`,
      })),
    ),
  ]
  return [
    ...backends.flatMap(({ backend, field }) => backendFindings(backend, { namespace, field }, reads)),
    ...(spec.tls ?? []).flatMap(({ secretName = '' }, index) =>
      secretName === ''
        ? []
        : credentialFindings(
            {
              written: secretName,
              field: `spec.tls[${index}].secretName`,
              namespaces: [namespace],
              needs: certificateAndKey,
            },
            reads,
          ),
    ),
  ]
}

function backendFindings(
  { service }: Backend,
  { namespace, field }: { readonly namespace: string; readonly field: string },
  { services }: IngressReads,
): readonly Finding[] {
  if (service === undefined) return []
  const key = `${namespace}/${service.name}`
  const found = services.get(key)
  if (found === undefined) {
    const reason = `there is no Service ${key}`
    return [{ code: 'TARGET_NOT_FOUND', field: `${field}.service.name`, reason, remedy: 'correct the name' }]
  }
  const { name = '', number = 0 } = service.port ?? {}
  const ports = found.spec.ports ?? []
  if (number !== 0 && !ports.some(({ port }) => port === number)) {
    const host = `Service ${key}`
    return [portNotFound(number, { host, ports: ports.map(({ port }) => port), field: `${field}.service.port.number` })]
  }
  if (name === '' || ports.some(port => port.name === name)) return []
  const reason = `Service ${key} has no port called ${name}`
  const remedy = `use one of ${ports.map(port => port.name ?? String(port.port)).join(', ')}`
  return [{ code: 'PORT_NOT_FOUND', field: `${field}.service.port.name`, reason, remedy }]
}
