/** The transparency log, and the confirmation of a restore. */

import type { LogEntriesQuery } from '../transparency-view.ts'
import { badRequest, json, type Route, type RouteRequest, text } from './route.ts'

const management = { side: 'management', access: 'admin' } as const

export const logRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/v1/log/checkpoint',
    side: 'http',
    access: 'anyone',
    handle({ transparency }) {
      // Making a newer one costs a signature and a write, which not everybody may cause.
      const note = transparency.latestCheckpoint()
      return note === undefined ? text('no checkpoint yet\n', 503) : text(note)
    },
  },
  {
    ...management,
    method: 'GET',
    path: '/v1/log/checkpoint/now',
    handle: daemon => text(daemon.transparency.checkpoint()),
  },
  {
    ...management,
    method: 'GET',
    path: '/v1/log/key',
    handle: daemon => text(`${daemon.transparency.verifierKey()}\n`),
  },
  {
    ...management,
    method: 'GET',
    path: '/v1/log/entries',
    handle: ({ transparency }, { query }) => json(transparency.entries(entriesQueryFrom(query))),
  },
  {
    ...management,
    method: 'GET',
    path: '/v1/log/proofs/inclusion',
    handle({ transparency }, { query }) {
      const serialNumber = query.get('serial')?.toUpperCase() ?? ''
      if (!/^[0-9A-F]{1,40}$/.test(serialNumber)) throw badRequest('serial: a hexadecimal serial number is needed')
      return json(transparency.proveInclusion({ serialNumber, treeSize: numberFrom(query, 'treeSize') }))
    },
  },
  {
    ...management,
    method: 'GET',
    path: '/v1/log/proofs/consistency',
    handle({ transparency }, { query }) {
      const from = numberFrom(query, 'from')
      if (from === undefined) throw badRequest('from: the size of a tree is needed')
      return json(transparency.proveConsistency(from))
    },
  },
  {
    ...management,
    method: 'POST',
    path: '/v1/log/audit',
    handle({ transparency }) {
      transparency.startAudit()
      return json(transparency.audit(), 202)
    },
  },
  { ...management, method: 'GET', path: '/v1/log/audit', handle: daemon => json(daemon.transparency.audit()) },
  { ...management, method: 'GET', path: '/v1/log/status', handle: daemon => json(daemon.transparency.status()) },
  {
    ...management,
    method: 'POST',
    path: '/v1/restore/confirm',
    async handle({ transparency }) {
      await transparency.confirmRestore()
      return json(transparency.status())
    },
  },
]

const mostEntries = 1000

function entriesQueryFrom(query: URLSearchParams): LogEntriesQuery {
  const order = query.get('order') ?? 'newest-first'
  if (order !== 'newest-first' && order !== 'oldest-first') throw badRequest('order: newest-first or oldest-first')
  return {
    from: numberFrom(query, 'from'),
    limit: Math.min(numberFrom(query, 'limit') ?? 100, mostEntries),
    order,
    kind: query.get('kind') ?? undefined,
    identity: query.get('identity') ?? undefined,
    serialNumber: query.get('serial')?.toUpperCase(),
    sinceMs: numberFrom(query, 'sinceMs'),
  }
}

function numberFrom(query: RouteRequest['query'], name: string): number | undefined {
  const given = query.get(name)
  if (given === null) return undefined
  if (!/^\d{1,15}$/.test(given)) throw badRequest(`${name}: a whole number is needed`)
  return Number(given)
}
