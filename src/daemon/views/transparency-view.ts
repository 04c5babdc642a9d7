/** The transparency log as the HTTP sides see it. */

import type { AuditView, LogEntryView, TransparencyView } from '../../admin/transparency-view.ts'
import { type LogEntryKind, logEntryKinds } from '../../ca/log/log-entry.ts'
import type { LoggedEntry, TransparencyLog } from '../../ca/log/transparency-log.ts'
import { MeshwrightError } from '../../platform/errors.ts'

export function transparencyView(log: TransparencyLog): TransparencyView {
  let auditState: 'idle' | 'running' | 'failed' = 'idle'

  const audit = (): AuditView => {
    const { lastAudit } = log.status()
    if (auditState !== 'idle') return { state: auditState, faults: [] }
    if (lastAudit === undefined) return { state: 'none', faults: [] }
    const { atMs, size, rootHash, faults } = lastAudit
    return { state: 'done', at: isoFrom(atMs), size, rootHash: rootHash.toString('hex'), faults }
  }
  return {
    latestCheckpoint: () => log.latestCheckpoint?.note,
    checkpoint: () => log.checkpoint().note,
    verifierKey: () => log.verifierKey(),
    entries({ from, limit, order, kind, identity, serialNumber, sinceMs }) {
      const query = {
        limit,
        order,
        ...(from === undefined ? {} : { from }),
        ...(kind === undefined ? {} : { kind: kindFrom(kind) }),
        ...(identity === undefined ? {} : { identity }),
        ...(serialNumber === undefined ? {} : { serialNumber }),
        ...(sinceMs === undefined ? {} : { sinceMs }),
      }
      return log.entries(query).map(entryView)
    },
    proveInclusion({ serialNumber, index: asked, treeSize }) {
      const index = serialNumber === undefined ? asked : log.indexOfSerial(serialNumber)
      if (index === undefined) {
        throw new MeshwrightError('LOG_ENTRY_UNKNOWN', {
          message: `the log has no certificate ${serialNumber}`,
          remedy: 'See `meshwright ca log` for what it has; the index of an entry that is forgotten proves it still.',
        })
      }
      const checkpoint = treeSize === undefined ? log.checkpoint() : undefined
      const proof = log.proveInclusion(index, checkpoint?.treeSize ?? treeSize)
      const entry = log.entryBytes(index)
      return {
        index,
        treeSize: proof.treeSize,
        ...(entry === undefined ? {} : { entry: base64(entry) }),
        leafHash: base64(log.leafHash(index)),
        path: proof.path.map(base64),
        ...(checkpoint === undefined ? {} : { checkpoint: checkpoint.note }),
        verifierKey: log.verifierKey(),
      }
    },
    proveConsistency(fromSize) {
      const checkpoint = log.checkpoint()
      const { treeSize, path } = log.proveConsistency(fromSize, checkpoint.treeSize)
      return {
        fromSize,
        treeSize,
        path: path.map(base64),
        checkpoint: checkpoint.note,
        verifierKey: log.verifierKey(),
      }
    },
    startAudit() {
      if (auditState === 'running') return
      auditState = 'running'
      log.audit().then(
        () => {
          auditState = 'idle'
        },
        () => {
          auditState = 'failed'
        },
      )
    },
    audit,
    status() {
      const { origin, size, forgotten, restorePending, lostByRestore, alarms } = log.status()
      return {
        origin,
        size,
        forgotten,
        ...(restorePending === undefined
          ? {}
          : { restorePending: { since: isoFrom(restorePending.sinceMs), reason: restorePending.reason } }),
        lostByRestore,
        alarms: alarms.map(({ atMs, ...alarm }) => ({ ...alarm, at: isoFrom(atMs) })),
        audit: audit(),
      }
    },
    confirmRestore: by => log.confirmRestore({ evidence: 'management', detail: by }),
    prune: (beforeMs, by) => log.prune(beforeMs, { evidence: 'management', detail: by }),
  }
}

function entryView({ index, entry }: LoggedEntry): LogEntryView {
  const { atMs, certificate, ...rest } = entry
  return {
    index,
    at: isoFrom(atMs),
    ...rest,
    ...(certificate === undefined ? {} : { certificate: { ...certificate } }),
  }
}

function kindFrom(text: string): LogEntryKind {
  const kind = logEntryKinds.find(known => known === text)
  if (kind !== undefined) return kind
  throw new MeshwrightError('REQUEST_INVALID', {
    message: `${JSON.stringify(text)} is no kind of entry`,
    remedy: `Use one of ${logEntryKinds.join(', ')}.`,
  })
}

const base64 = (bytes: Buffer): string => bytes.toString('base64')
const isoFrom = (ms: number): string => new Date(ms).toISOString()
