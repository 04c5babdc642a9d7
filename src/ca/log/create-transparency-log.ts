/** The log over its records: opened with the authority, watched by kept checkpoints and an audit now and then. */

import type { Clock, Timer } from '../../platform/clock.ts'
import type { Statement } from '../../platform/database/statement.ts'
import { errorFrom, MeshwrightError } from '../../platform/errors.ts'
import type { Log } from '../../platform/log.ts'
import type { Checkpoint } from '../../platform/transparency/checkpoint-note.ts'
import type { SecretSealer } from '../sealed-secrets.ts'
import type { CaStore } from '../store.ts'
import { type AuditReport, auditLog } from './audit.ts'
import { keepDisputed, keptCheckpoints, writeCheckpointFile } from './checkpoint-files.ts'
import { type CheckpointSigner, openCheckpointSigner } from './checkpoint-signer.ts'
import { createKnownIdentities } from './known-identities.ts'
import type { LogContent } from './log-entry.ts'
import { epochStatements, type LogEpoch, restoreConfirmed } from './log-records.ts'
import { createRefusalLog } from './refusals.ts'
import type { LogReceipt, RestorePending, SignedCheckpoint, TransparencyLog } from './transparency-log.ts'
import { consistencyProof, inclusionProof, rootAt } from './tree-proofs.ts'
import { type Comparison, compareCheckpoint, type LogAlarm } from './witness.ts'

export interface TransparencyLogOptions {
  readonly store: CaStore
  /** For checkpoints. */
  readonly directory: string
  readonly clock: Clock
  readonly log: Log
  readonly trustDomain: string
}

export interface OwnedTransparencyLog extends TransparencyLog {
  /** Before anything else is written. Throws `CA_KEY_UNREADABLE`. */
  open(sealer: SecretSealer): Promise<void>
  stop(): void
}

const checkpointIntervalMs = 60_000
const firstAuditAfterMs = 10_000
const auditIntervalMs = 24 * 3_600_000
const mostAlarms = 50

export function createTransparencyLog(options: TransparencyLogOptions): OwnedTransparencyLog {
  const { store, directory, clock, log } = options
  const handlers = new Set<(checkpoint: Checkpoint) => void>()
  const known = createKnownIdentities()
  const timers = new Map<'checkpoint' | 'audit', Timer>()
  const alarms: LogAlarm[] = []
  const raised = new Set<string>()
  let newIdentities = 0
  let alarmCount = 0
  let lostByRestore = 0
  let opened: { readonly signer: CheckpointSigner; epochs: readonly LogEpoch[] } | undefined
  let pending: RestorePending | undefined
  let newest: SignedCheckpoint | undefined
  let auditing: Promise<AuditReport> | undefined
  let lastAudit: AuditReport | undefined

  const ready = (): NonNullable<typeof opened> => {
    if (opened !== undefined) return opened
    throw new MeshwrightError('CA_NOT_READY', { message: 'the transparency log has not been opened' })
  }
  const present = (): LogEpoch => {
    const epoch = ready().epochs.at(-1)
    if (epoch === undefined) throw new MeshwrightError('LOG_DAMAGED', { message: 'the log has no epoch' })
    return epoch
  }
  const origin = (): string => `${ready().signer.logName}/${present().epoch}`

  const append = async (content: LogContent, statements: readonly Statement[] = []): Promise<LogReceipt> => {
    const index = await store.appendToLog({ ...content, atMs: clock.now() }, statements)
    return { index }
  }
  const appendAside = (content: LogContent): void => {
    append(content).catch(err => log.error({ err, kind: content.kind }, 'entry of the log lost'))
  }
  const refusals = createRefusalLog({ clock, append: appendAside })

  const checkpoint = (): SignedCheckpoint => {
    const treeSize = store.logSize()
    if (newest?.treeSize === treeSize && newest.origin === origin()) return newest
    const { signer } = ready()
    const signed = signer.sign({ origin: origin(), treeSize, rootHash: rootAt(store.logNode, treeSize) })
    newest = { ...signed, note: signer.format(signed) }
    writeCheckpointFile(directory, newest.note)
    for (const handler of handlers) handler(newest)
    return newest
  }

  const beginEpoch = async (reason: string): Promise<void> => {
    const { epoch } = present()
    const atMs = clock.now()
    pending = { sinceMs: atMs, reason }
    const content = { kind: 'restore', details: { epoch: epoch + 1, reason } } as const
    await append(content, epochStatements(epoch + 1, atMs, reason))
    if (opened !== undefined) opened = { ...opened, epochs: store.logEpochs() }
  }
  const compare = (seen: Checkpoint): Comparison => {
    const { signer, epochs } = ready()
    const tree = { logName: signer.logName, epochs, size: store.logSize(), isOwn: signer.isOwn }
    return compareCheckpoint(seen, { ...tree, rootAt: size => rootAt(store.logNode, size) })
  }
  /** The alarm, and whether the log must go on in another epoch. */
  const judge = (seen: Checkpoint, from: string): { alarm?: LogAlarm; isBreach: boolean } => {
    const found = compare(seen)
    if (found.kind === 'agrees') return { isBreach: false }
    if (found.kind === 'lost-by-restore') {
      lostByRestore = Math.max(lostByRestore, found.entries)
      log.warn({ from, ...found }, 'entries of the log were lost by a restore')
      return { isBreach: false }
    }
    const { kind, message, epoch } = found
    const alarm: LogAlarm = { kind, atMs: clock.now(), from, treeSize: seen.treeSize, message }
    const key = `${kind === 'foreign' ? from : ''} ${seen.origin} ${seen.treeSize} ${seen.rootHash.toString('hex')}`
    if (raised.has(key)) return { alarm, isBreach: false }
    if (raised.size >= mostRaised) raised.clear()
    raised.add(key)
    alarmCount += 1
    alarms.unshift(alarm)
    alarms.length = Math.min(alarms.length, mostAlarms)
    log.error({ ...alarm }, 'the transparency log does not agree with a checkpoint of it')
    return { alarm, isBreach: kind !== 'foreign' && epoch === present().epoch }
  }
  const alarmEntry = (alarm: LogAlarm): LogContent => {
    const { kind, from, treeSize, message } = alarm
    return { kind: 'alarm', details: { alarm: kind, from, treeSize, message } }
  }

  const everyMinute = (): void => {
    try {
      checkpoint()
    } catch (err) {
      log.error({ err }, 'no checkpoint of the log could be made')
    }
    timers.set('checkpoint', clock.after(checkpointIntervalMs, everyMinute))
  }
  const everyDay = (): void => {
    timers.set('audit', clock.after(auditIntervalMs, everyDay))
    audit().catch(err => log.error({ err: errorFrom(err) }, 'the audit of the log could not be done'))
  }
  const audit = (): Promise<AuditReport> => {
    auditing ??= runAudit().finally(() => {
      auditing = undefined
    })
    return auditing
  }
  const runAudit = async (): Promise<AuditReport> => {
    const report = await auditLog({
      records: store,
      nowMs: () => clock.now(),
      breathe: () =>
        new Promise((resolve, reject) => {
          setImmediate(() => (opened === undefined ? reject(stopped()) : resolve()))
        }),
    })
    lastAudit = report
    if (report.faults.length > 0) log.error({ ...report }, 'the transparency log is not as it was written')
    return report
  }
  const checkSize = (size: number, treeSize: number): void => {
    if (Number.isSafeInteger(size) && size >= 0 && size <= treeSize && treeSize <= store.logSize()) return
    throw new MeshwrightError('LOG_ENTRY_UNKNOWN', {
      message: `the log has ${store.logSize()} entries; asked for was ${size} of ${treeSize}`,
    })
  }

  return {
    append,
    async recordIssuance(issuance, binding) {
      const isOwn = issuance.evidence === 'own-server'
      const seen = isOwn ? 'known' : known.see(issuance.identity, identity => store.hasIdentity(identity))
      const index = await store.recordIssuance(issuance, binding).catch(error => {
        known.forget(issuance.identity)
        throw error
      })
      if (seen === 'new') {
        newIdentities += 1
        const { identity, serialNumber, peerAddress } = issuance
        log.info({ identity, serialNumber, peer: peerAddress }, 'first certificate of an identity')
      }
      return { index }
    },
    refusals,
    entries: query => store.logEntries(query),
    get size() {
      return store.logSize()
    },
    checkpoint,
    onCheckpoint(handler) {
      handlers.add(handler)
      return () => void handlers.delete(handler)
    },
    verifierKey: () => ready().signer.verifierKey(origin()),
    indexOfSerial: serialNumber => store.logIndexOfSerial(serialNumber),
    proveInclusion(index, treeSize = store.logSize()) {
      checkSize(index + 1, treeSize)
      return inclusionProof(store.logNode, index, treeSize)
    },
    proveConsistency(fromSize, treeSize = store.logSize()) {
      checkSize(fromSize, treeSize)
      return consistencyProof(store.logNode, fromSize, treeSize)
    },
    entryBytes(index) {
      const [row] = store.logRows(index, 1)
      if (row?.index === index) return row.body
      throw new MeshwrightError('LOG_ENTRY_UNKNOWN', { message: `the log has no entry ${index}` })
    },
    witness(seen, from) {
      const { alarm, isBreach } = judge(seen, from)
      if (alarm !== undefined && isBreach) {
        appendAside(alarmEntry(alarm))
        beginEpoch(reasonOf(alarm)).catch(err => log.error({ err }, 'the new epoch could not be stored'))
      }
      return alarm
    },
    audit,
    status: () => ({
      origin: origin(),
      epoch: present().epoch,
      size: store.logSize(),
      restorePending: pending,
      lostByRestore,
      alarms,
      lastAudit,
    }),
    metrics: () => ({
      meshwright_ca_log_entries: store.logSize(),
      meshwright_ca_log_epoch: opened?.epochs.at(-1)?.epoch ?? 0,
      meshwright_ca_log_alarms_total: alarmCount,
      meshwright_ca_log_audit_faults: lastAudit?.faults.length ?? 0,
      meshwright_ca_restore_pending: pending === undefined ? 0 : 1,
      meshwright_ca_new_identities_total: newIdentities,
    }),
    get restorePending() {
      return pending
    },
    async confirmRestore(by) {
      if (pending === undefined) return
      const caller = { evidence: 'management', detail: by, peerAddress: '' }
      await append({ kind: 'restore-confirmed', caller, details: { reason: pending.reason } }, restoreConfirmed)
      pending = undefined
      log.warn({ by }, 'the restore is confirmed: certificates are issued again')
    },
    async open(sealer) {
      const signer = await openCheckpointSigner(store, sealer, options.trustDomain)
      if (store.logEpochs().length === 0) await store.beginLog(clock.now())
      opened = { signer, epochs: store.logEpochs() }
      pending = store.restorePending()
      for (const kept of keptCheckpoints(directory, log)) {
        const { alarm, isBreach } = judge(kept.checkpoint, 'disk')
        if (alarm !== undefined) log.error({ file: keepDisputed(kept) }, 'the disputed checkpoint is kept')
        if (alarm === undefined || !isBreach) continue
        await append(alarmEntry(alarm))
        await beginEpoch(reasonOf(alarm))
      }
      if (pending !== undefined) log.warn({ ...pending }, 'nothing is issued until `meshwright ca confirm-restore`')
      everyMinute()
      timers.set('audit', clock.after(firstAuditAfterMs, everyDay))
    },
    stop() {
      refusals.stop()
      for (const timer of timers.values()) timer.cancel()
      opened = undefined
    },
  }
}

const mostRaised = 10_000

function reasonOf({ kind, from, message }: LogAlarm): string {
  return `${kind} found by a checkpoint from ${from}: ${message}`
}

function stopped(): MeshwrightError {
  return new MeshwrightError('DATABASE_CLOSED', { message: 'the log was closed during its audit' })
}
