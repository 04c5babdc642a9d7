/** The transparency log, and the confirmation of a restore. */

import type { LogEntriesQuery } from '../transparency-view.ts'
import { badRequest, json, type Route, text, wholeNumberFrom } from './route.ts'

const reading = { method: 'GET', side: 'management', access: 'viewer', audit: 'no' } as const
const ordering = { method: 'POST', side: 'management', access: 'admin', audit: 'yes' } as const

export const logRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/v1/log/checkpoint',
    side: 'http',
    access: 'anyone',
    audit: 'no',
    handle({ transparency }) {
      // Making a newer one costs a signature and a write, which not everybody may cause.
      const note = transparency.latestCheckpoint()
      return note === undefined ? text('no checkpoint yet\n', 503) : text(note)
    },
  },
  {
    ...reading,
    path: '/v1/log/checkpoint/now',
    handle: daemon => text(daemon.transparency.checkpoint()),
  },
  {
    ...reading,
    path: '/v1/log/key',
    handle: daemon => text(`${daemon.transparency.verifierKey()}\n`),
  },
  {
    ...reading,
    path: '/v1/log/entries',
    handle: ({ transparency }, { query }) => json(transparency.entries(entriesQueryFrom(query))),
  },
  {
    ...reading,
    path: '/v1/log/proofs/inclusion',
    handle({ transparency }, { query }) {
      const serialNumber = query.get('serial')?.toUpperCase()
      const index = wholeNumberFrom(query, 'index')
      const isSerial = serialNumber !== undefined && /^[0-9A-F]{1,40}$/.test(serialNumber)
      if (!isSerial && (serialNumber !== undefined || index === undefined)) {
        throw badRequest('serial: a hexadecimal serial number is needed, or an index')
      }
      return json(transparency.proveInclusion({ serialNumber, index, treeSize: wholeNumberFrom(query, 'treeSize') }))
    },
  },
  {
    ...reading,
    path: '/v1/log/proofs/consistency',
    handle({ transparency }, { query }) {
      const from = wholeNumberFrom(query, 'from')
      if (from === undefined) throw badRequest('from: the size of a tree is needed')
      return json(transparency.proveConsistency(from))
    },
  },
  {
    ...ordering,
    path: '/v1/log/audit',
    handle({ transparency }) {
      transparency.startAudit()
      return json(transparency.audit(), 202)
    },
  },
  { ...reading, path: '/v1/log/audit', handle: daemon => json(daemon.transparency.audit()) },
  { ...reading, path: '/v1/log/status', handle: daemon => json(daemon.transparency.status()) },
  {
    ...ordering,
    path: '/v1/log/prune',
    async handle({ transparency }, { body, caller }) {
      const beforeMs = (body as { beforeMs?: unknown } | undefined)?.beforeMs
      if (typeof beforeMs !== 'number' || !Number.isSafeInteger(beforeMs) || beforeMs < 0) {
        throw badRequest('beforeMs: milliseconds since 1970 are needed')
      }
      return json(await transparency.prune(beforeMs, caller.id))
    },
  },
  {
    ...ordering,
    path: '/v1/restore/confirm',
    async handle({ transparency }, { caller }) {
      await transparency.confirmRestore(caller.id)
      return json(transparency.status())
    },
  },
]

const mostEntries = 1000

function entriesQueryFrom(query: URLSearchParams): LogEntriesQuery {
  const order = query.get('order') ?? 'newest-first'
  if (order !== 'newest-first' && order !== 'oldest-first') throw badRequest('order: newest-first or oldest-first')
  return {
    from: wholeNumberFrom(query, 'from'),
    limit: Math.min(wholeNumberFrom(query, 'limit') ?? 100, mostEntries),
    order,
    kind: query.get('kind') ?? undefined,
    identity: query.get('identity') ?? undefined,
    serialNumber: query.get('serial')?.toUpperCase(),
    sinceMs: wholeNumberFrom(query, 'sinceMs'),
  }
}
