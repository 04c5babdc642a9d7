/** One table for each resource type, with the columns that a person looks for first; `-o json` has the rest. */

import type { NamedResource } from '../admin/daemon-view.ts'
import { formatTable } from './table.ts'

type Json = Readonly<Record<string, unknown>>

interface TableShape {
  readonly header: readonly string[]
  rows(resource: NamedResource): readonly (readonly string[])[]
}

const shapes: Readonly<Record<string, TableShape>> = {
  clusters: {
    header: ['SERVICE', 'PORT', 'SUBSET', 'DIRECTION', 'TYPE'],
    rows: ({ name, resource }) => {
      const [direction, port, subset, host] = name.split('|')
      const type = text(at(resource, 'type')) || text(at(resource, 'clusterType', 'name')) || 'STATIC'
      return host === undefined
        ? [[name, '-', '-', '-', type]]
        : [[host || '-', port ?? '-', subset || '-', direction ?? '-', type]]
    },
  },
  endpoints: { header: ['ENDPOINT', 'HEALTH', 'TLS', 'CLUSTER'], rows: endpointRows },
  listeners: {
    header: ['LISTENER', 'ADDRESS', 'PORT', 'DIRECTION', 'CHAINS'],
    rows: ({ name, resource }) => [
      [
        name,
        text(at(resource, 'address', 'socketAddress', 'address')) ||
          text(at(resource, 'address', 'pipe', 'path')) ||
          '-',
        text(at(resource, 'address', 'socketAddress', 'portValue')) || '-',
        text(at(resource, 'trafficDirection')) || '-',
        String(list(at(resource, 'filterChains')).length),
      ],
    ],
  },
  routes: {
    header: ['ROUTE', 'VIRTUAL HOSTS', 'ON DEMAND'],
    rows: ({ name, resource }) => [
      [
        name,
        String(list(at(resource, 'virtualHosts')).length),
        at(resource, 'vhds') === undefined ? 'whole' : 'one at a time',
      ],
    ],
  },
  'virtual-hosts': {
    header: ['VIRTUAL HOST', 'DOMAINS', 'ROUTES'],
    rows: ({ name, resource }) => [
      [name, list(at(resource, 'domains')).map(text).join(', '), String(list(at(resource, 'routes')).length)],
    ],
  },
  'extension-configs': {
    header: ['EXTENSION CONFIG', 'POLICIES'],
    rows: ({ name, resource }) => [
      [
        name,
        Object.keys((at(resource, 'typedConfig', 'rules', 'policies') as Json | undefined) ?? {}).join(', ') ||
          '(none)',
      ],
    ],
  },
  secrets: { header: ['SECRET', 'VERSION'], rows: ({ name, version }) => [[name, version]] },
}

export function formatResources(byType: Readonly<Record<string, readonly NamedResource[]>>): string {
  const parts: string[] = []
  for (const [type, resources] of Object.entries(byType)) {
    const shape = shapes[type]
    if (shape === undefined || resources.length === 0) continue
    parts.push(
      formatTable(
        shape.header,
        resources.flatMap(resource => shape.rows(resource)),
      ),
    )
  }
  return parts.length === 0 ? 'nothing\n' : parts.join('\n')
}

function endpointRows({ name, resource }: NamedResource): readonly (readonly string[])[] {
  const endpoints = list(at(resource, 'endpoints')).flatMap(locality => list(at(locality, 'lbEndpoints')))
  return endpoints.map(endpoint => {
    const address = at(endpoint, 'endpoint', 'address')
    const socket = `${text(at(address, 'socketAddress', 'address'))}:${text(at(address, 'socketAddress', 'portValue'))}`
    const tls = text(at(endpoint, 'metadata', 'filterMetadata', 'envoy.transport_socket_match', 'tlsMode'))
    const where = at(address, 'socketAddress') === undefined ? text(at(address, 'pipe', 'path')) : socket
    return [where, text(at(endpoint, 'healthStatus')) || 'HEALTHY', tls === 'istio' ? 'mutual' : 'none', name]
  })
}

/** proto JSON leaves defaults out, so every step may be absent. */
function at(value: unknown, ...path: readonly string[]): unknown {
  let current = value
  for (const key of path) {
    if (typeof current !== 'object' || current === null) return undefined
    current = (current as Json)[key]
  }
  return current
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function text(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}
