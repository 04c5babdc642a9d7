/** The log over its records: opened with the authority, watched by kept checkpoints and audits. */

import type { Clock } from '../../platform/clock.ts'
import type { Statement } from '../../platform/database/statement.ts'
import { MeshwrightError } from '../../platform/errors.ts'
import type { Log } from '../../platform/log.ts'
import type { Checkpoint } from '../../platform/transparency/checkpoint-note.ts'
import { consistencyProof, inclusionProof, rootAt } from '../../platform/transparency/tree-proofs.ts'
import { defaultTtlLimits, type TtlLimits } from '../certificates/ttl.ts'
import type { SecretSealer } from '../sealed-secrets.ts'
import type { LogSettings } from '../settings/log.ts'
import type { CaStore, Issuance, TokenBinding } from '../store/store.ts'
import { alarmEntry, createAlarms, type Judgement, reasonOfAlarm } from './alarms.ts'
import { createAudits } from './audits.ts'
import { keepDisputed, keptCheckpoints } from './checkpoint-files.ts'
import { type CheckpointSigner, openCheckpointSigner } from './checkpoint-signer.ts'
import { createCheckpoints } from './checkpoints.ts'
import { createKnownIdentities } from './known-identities.ts'
import type { LogContent } from './log-entry.ts'
import { epochStatements, type LogEpoch, nextEpoch, restoreConfirmed } from './log-records.ts'
import { createPruning } from './pruning.ts'
import { createRefusalLog } from './refusals.ts'
import type { LogReceipt, RestorePending, TransparencyLog } from './transparency-log.ts'
import { compareCheckpoint } from './witness.ts'
import { createWitnessed } from './witnessed.ts'

export interface TransparencyLogOptions {
  readonly store: CaStore
  /** For checkpoints. */
  readonly directory: string
  readonly clock: Clock
  readonly log: Log
  readonly trustDomain: string
  readonly limits?: TtlLimits
  readonly settings?: { readonly log?: LogSettings }
}

export interface OwnedTransparencyLog extends TransparencyLog {
  /** Before anything else is written. Throws `CA_KEY_UNREADABLE`. */
  open(sealer: SecretSealer): Promise<void>
  stop(): void
}

interface Opened {
  readonly signer: CheckpointSigner
  readonly epochs: readonly LogEpoch[]
  /** The last of them. */
  readonly present: LogEpoch
}

export function createTransparencyLog(options: TransparencyLogOptions): OwnedTransparencyLog {
  const { store, directory, clock, log } = options
  let opened: Opened | undefined
  let pending: RestorePending | undefined
  let newIdentities = 0

  const ready = (): Opened => {
    if (opened !== undefined) return opened
    throw new MeshwrightError('CA_NOT_READY', { message: 'the transparency log has not been opened' })
  }
  const origin = (): string => `${ready().signer.logName}/${ready().present.epoch}`
  const rootAtSize = (size: number): Buffer => rootAt(store.logNode, size)
  const append = async (content: LogContent, statements: readonly Statement[] = []): Promise<LogReceipt> => {
    const index = await store.appendToLog({ ...content, atMs: clock.now() }, statements)
    return { index }
  }
  const appendAside = (content: LogContent): void => {
    append(content).catch(err => log.error({ err, kind: content.kind }, 'entry of the log lost'))
  }

  const known = createKnownIdentities()
  const refusals = createRefusalLog({ clock, append: appendAside })
  const alarms = createAlarms({ clock, log })
  const witnessed = createWitnessed(clock)
  const audits = createAudits({ records: store, clock, log })
  const keepDays = options.settings?.log?.keepDays
  const pruning = createPruning({
    records: store,
    append,
    longestTtlMs: (options.limits ?? defaultTtlLimits).maxTtlMs,
    keepMs: keepDays === undefined ? undefined : keepDays * 24 * 3_600_000,
    isRestorePending: () => pending !== undefined,
    clock,
    log,
  })
  const checkpoints = createCheckpoints({
    directory,
    clock,
    log,
    signer: () => ready().signer,
    origin,
    size: () => store.logSize(),
    rootAt: rootAtSize,
  })

  const beginEpoch = async (reason: string, beyond: number): Promise<void> => {
    const { signer, present } = ready()
    const atMs = clock.now()
    const epoch = nextEpoch(atMs, Math.max(present.epoch, beyond))
    // At once, not when it is on disk: nothing more may be issued.
    pending = { sinceMs: atMs, reason }
    await append({ kind: 'restore', details: { epoch, reason } }, epochStatements(epoch, atMs, reason))
    opened = openedFrom(signer, store)
  }
  const judge = (seen: Checkpoint, from: string): Judgement => {
    const { signer, epochs } = ready()
    const tree = { logName: signer.logName, epochs, size: store.logSize(), rootAt: rootAtSize, isOwn: signer.isOwn }
    return alarms.judge(seen, compareCheckpoint(seen, tree), from)
  }
  /** Of an epoch that is over the breach has been acted on. */
  const actOn = async ({ alarm, breachOf }: Judgement): Promise<void> => {
    if (alarm === undefined || breachOf === undefined) return
    const isPresent = breachOf >= ready().present.epoch
    if (isPresent) pending ??= { sinceMs: clock.now(), reason: reasonOfAlarm(alarm) }
    if (isPresent) await beginEpoch(reasonOfAlarm(alarm), breachOf)
    await append(alarmEntry(alarm))
  }
  const checkSize = (size: number, treeSize: number): void => {
    const length = store.logSize()
    if (Number.isSafeInteger(size) && size >= 0 && size <= treeSize && treeSize <= length) return
    throw new MeshwrightError('LOG_ENTRY_UNKNOWN', {
      message: `the log has ${length} entries, and asked for was ${size} of ${treeSize}`,
    })
  }

  return {
    append,
    async recordIssuance(issuance: Issuance, binding: TokenBinding | undefined) {
      const { identity, serialNumber, peerAddress } = issuance
      const isOwn = issuance.evidence === 'own-server'
      const seen = isOwn ? 'known' : known.see(identity, () => store.hasIdentity(identity))
      const index = await store.recordIssuance(issuance, binding).catch(error => {
        known.forget(identity)
        throw error
      })
      if (seen === 'new') {
        newIdentities += 1
        log.info({ identity, serialNumber, peer: peerAddress }, 'first certificate of an identity')
      }
      return { index }
    },
    refusals,
    entries: query => store.logEntries(query),
    get size() {
      return store.logSize()
    },
    checkpoint: checkpoints.newest,
    get latestCheckpoint() {
      return checkpoints.latest
    },
    onCheckpoint: checkpoints.onNewer,
    notary: () => ready().signer.notary,
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
      checkSize(index + 1, store.logSize())
      const [row] = store.logRows(index, 1)
      return row?.index === index ? row.body : undefined
    },
    leafHash(index) {
      checkSize(index + 1, store.logSize())
      return store.logNode(0, index)
    },
    prune: pruning.prune,
    witness(seen, from) {
      if (!witnessed.isWorthLooking(seen)) return undefined
      const judgement = judge(seen, from)
      actOn(judgement).catch(err => log.error({ err }, 'an alarm of the log could not be stored'))
      if (judgement.alarm === undefined) witnessed.agreed(seen)
      return judgement.alarm
    },
    complained: alarms.complained,
    audit: audits.run,
    status: () => ({
      origin: origin(),
      epoch: ready().present.epoch,
      firstIndex: ready().present.firstIndex,
      size: store.logSize(),
      forgotten: pruning.forgotten,
      restorePending: pending,
      lostByRestore: alarms.lostByRestore,
      alarms: alarms.all,
      lastAudit: audits.last,
    }),
    metrics: () => ({
      meshwright_ca_log_entries: store.logSize(),
      meshwright_ca_log_forgotten_entries: pruning.forgotten,
      meshwright_ca_log_epoch: opened?.present.epoch ?? 0,
      meshwright_ca_log_alarms_total: alarms.count,
      meshwright_ca_log_audit_faults: audits.last?.faults.length ?? 0,
      meshwright_ca_restore_pending: pending === undefined ? 0 : 1,
      meshwright_ca_new_identities_total: newIdentities,
    }),
    get restorePending() {
      return pending
    },
    async confirmRestore(by) {
      if (pending === undefined) return
      const caller = { ...by, peerAddress: '' }
      await append({ kind: 'restore-confirmed', caller, details: { reason: pending.reason } }, restoreConfirmed)
      pending = undefined
      log.warn({ ...by }, 'the restore is confirmed: certificates are issued again')
    },
    async open(sealer) {
      requireGrowable(store)
      // First of all writes: from now on the key file is known to be in use.
      if (store.logEpochs().length === 0) await store.beginLog(nextEpoch(clock.now(), 0), clock.now())
      const signer = await openCheckpointSigner(store, sealer, options.trustDomain)
      opened = openedFrom(signer, store)
      pending = store.restorePending()
      for (const kept of keptCheckpoints(directory, log)) {
        const judgement = judge(kept.checkpoint, 'disk')
        if (judgement.alarm !== undefined) log.error({ file: keepDisputed(kept) }, 'the disputed checkpoint is kept')
        await actOn(judgement)
      }
      if (pending !== undefined) log.warn({ ...pending }, 'nothing is issued until `meshwright ca confirm-restore`')
      checkpoints.start()
      audits.start()
      pruning.start()
    },
    stop() {
      if (opened === undefined) return
      refusals.stop()
      checkpoints.stop()
      audits.stop()
      pruning.stop()
    },
  }
}

/** Or nothing could be appended, and with that nothing issued: better not to start, and to say why. */
function requireGrowable(store: CaStore): void {
  const size = store.logSize()
  rootAt(store.logNode, size)
  if (store.logNodesBeyond(size) === 0) return
  throw new MeshwrightError('LOG_DAMAGED', {
    message: `the log ends at entry ${size} and has hashes of later ones: somebody has cut it off`,
    remedy: 'Keep a copy of the data directory, and restore a backup (`meshwright restore`, docs/ca.md).',
  })
}

function openedFrom(signer: CheckpointSigner, store: CaStore): Opened {
  const epochs = store.logEpochs()
  const present = epochs.at(-1)
  if (present === undefined) throw new MeshwrightError('LOG_DAMAGED', { message: 'the log has no epoch' })
  return { signer, epochs, present }
}
