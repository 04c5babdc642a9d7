/** Revocations in the daemon's database. */

import type { Database, Row, SqlValue, Statement } from '../../platform/database/database.ts'
import { MeshwrightError } from '../../platform/errors.ts'
import type { RevocationReason } from './reasons.ts'
import type {
  Revocation,
  RevocationKind,
  RevocationTarget,
  RevokedCertificate,
  WithdrawnWorkload,
} from './revocation.ts'
import type { ChainLink } from './revocation-events.ts'
import type { LiveCertificate, RevocationRecords } from './revocation-records.ts'

export function sqliteRevocationRecords(database: Database): RevocationRecords {
  const write = (sql: string, ...parameters: Statement['parameters']): Promise<void> =>
    database.write([{ sql, parameters }])
  return {
    revocations: () => database.all('SELECT * FROM revocation ORDER BY id').map(revocationFromRow),
    revokedCertificates: () => database.all('SELECT * FROM revoked_certificate').map(certificateFromRow),
    withdrawnWorkloads: () => database.all('SELECT * FROM withdrawn_workload ORDER BY node_id').map(workloadFromRow),
    drainGeneration: () => Number(database.get('SELECT generation FROM revocation_drain')?.generation ?? 0),
    liveCertificates: ({ kind, value }, nowMs) =>
      database
        .all(`SELECT ${liveColumns} FROM issuance WHERE ${columnOf[kind]} = ? AND not_after_ms > ?`, [value, nowMs])
        .map(liveFromRow),
    issuedCertificate(serialNumber) {
      const row = database.get(`SELECT ${liveColumns} FROM issuance WHERE serial_number = ?`, [serialNumber])
      return row === undefined ? undefined : liveFromRow(row)
    },
    // Writes are applied in the order of the calls.
    writeBarrier: () => write('DELETE FROM revocation WHERE 0'),
    statementsForRevocation: (revocation, certificates) => [
      insertRevocation(revocation),
      ...certificates.map(insertCertificate),
    ],
    statementsForLift: (id, { atMs, released }) => [
      { sql: 'UPDATE revocation SET lifted_at_ms = ? WHERE id = ?', parameters: [atMs, id] },
      ...released.map(serial => ({
        sql: 'DELETE FROM revoked_certificate WHERE serial_number = ?',
        parameters: [serial],
      })),
    ],
    revocationHead: () => {
      const row = database.get('SELECT sequence, hash FROM revocation_event ORDER BY sequence DESC LIMIT 1')
      if (row === undefined)
        throw new MeshwrightError('DATABASE_CORRUPT', { message: 'the chain of revocations is gone' })
      return linkFromRow(row)
    },
    revocationEvents: (from, limit) =>
      database
        .all('SELECT * FROM revocation_event WHERE sequence >= ? ORDER BY sequence LIMIT ?', [from, limit])
        .map(linkFromRow),
    revocationHash(sequence) {
      const row = database.get('SELECT * FROM revocation_event WHERE sequence = ?', [sequence])
      return row === undefined ? undefined : linkFromRow(row).hash
    },
    restoredHead() {
      const row = database.get(
        'SELECT * FROM revocation_event WHERE sequence = (SELECT revocation_sequence FROM restore_pending)',
      )
      return row === undefined ? undefined : linkFromRow(row)
    },
    statementsForEvents: links => [
      ...links.map(({ sequence, body, hash }) => ({
        sql: 'INSERT INTO revocation_event (sequence, body, hash) VALUES (?, ?, ?)',
        parameters: [sequence, body, hash],
      })),
      {
        sql: 'DELETE FROM revocation_event WHERE sequence < ?',
        parameters: [(links.at(-1)?.sequence ?? 0) - mostEventsKept],
      },
    ],
    saveWithdrawn: workloads =>
      database.write(
        workloads.map(({ nodeId, serialNumber, namespace, serviceAccount, addresses }) => ({
          sql: `INSERT OR REPLACE INTO withdrawn_workload (node_id, serial_number, namespace, service_account, addresses)
                VALUES (?, ?, ?, ?, ?)`,
          parameters: [nodeId, serialNumber, namespace, serviceAccount, JSON.stringify(addresses)],
        })),
      ),
    removeWithdrawn: nodeId => write('DELETE FROM withdrawn_workload WHERE node_id = ?', nodeId),
    saveDrainGeneration: generation =>
      write('INSERT OR REPLACE INTO revocation_drain (id, generation) VALUES (1, ?)', generation),
    forgetExpiredRevocations: nowMs => write('DELETE FROM revoked_certificate WHERE not_after_ms <= ?', nowMs),
  }
}

/** No agent keeps as many. */
const mostEventsKept = 10_000

function linkFromRow({ sequence, body, hash }: Row): ChainLink {
  return { sequence: Number(sequence), body: blob(body), hash: blob(hash) }
}

function blob(value: SqlValue | undefined): Buffer {
  return Buffer.isBuffer(value) ? value : Buffer.alloc(0)
}

const columnOf: Readonly<Record<RevocationKind, string>> = {
  serial: 'serial_number',
  identity: 'identity',
  key: 'key_fingerprint',
  issuer: 'issuer_fingerprint',
}

const liveColumns = 'serial_number, identity, issuer_fingerprint, key_fingerprint, digest, not_after_ms, evidence'

function insertRevocation({ id, kind, value, reason, revokedAtMs, banUntilMs }: Revocation): Statement {
  return {
    sql: 'INSERT INTO revocation (id, kind, value, reason, revoked_at_ms, ban_until_ms) VALUES (?, ?, ?, ?, ?, ?)',
    parameters: [id, kind, value, reason, revokedAtMs, banUntilMs ?? null],
  }
}

function insertCertificate(certificate: RevokedCertificate): Statement {
  return {
    sql: `INSERT INTO revoked_certificate (serial_number, revocation_id, identity, issuer_fingerprint,
          key_fingerprint, digest, reason, revoked_at_ms, not_after_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
          ON CONFLICT (serial_number) DO UPDATE SET revocation_id = excluded.revocation_id, reason = excluded.reason`,
    parameters: [
      certificate.serialNumber,
      certificate.revocationId,
      certificate.identity,
      certificate.issuerFingerprint,
      certificate.keyFingerprint,
      certificate.digest,
      certificate.reason,
      certificate.revokedAtMs,
      certificate.notAfterMs,
    ],
  }
}

function revocationFromRow(row: Row): Revocation {
  return {
    id: Number(row.id),
    // Written only by this file, from the same unions.
    kind: String(row.kind) as RevocationTarget['kind'],
    value: String(row.value),
    reason: String(row.reason) as RevocationReason,
    revokedAtMs: Number(row.revoked_at_ms),
    banUntilMs: row.ban_until_ms === null ? undefined : Number(row.ban_until_ms),
    liftedAtMs: row.lifted_at_ms === null ? undefined : Number(row.lifted_at_ms),
  }
}

function certificateFromRow(row: Row): RevokedCertificate {
  return {
    ...namesFromRow(row),
    revocationId: Number(row.revocation_id),
    reason: String(row.reason) as RevocationReason,
    revokedAtMs: Number(row.revoked_at_ms),
  }
}

const liveFromRow = (row: Row): LiveCertificate => ({ ...namesFromRow(row), evidence: String(row.evidence) })

function namesFromRow(row: Row): Omit<LiveCertificate, 'evidence'> {
  return {
    serialNumber: String(row.serial_number),
    identity: String(row.identity),
    issuerFingerprint: String(row.issuer_fingerprint),
    keyFingerprint: String(row.key_fingerprint),
    digest: String(row.digest),
    notAfterMs: Number(row.not_after_ms),
  }
}

function workloadFromRow(row: Row): WithdrawnWorkload {
  return {
    nodeId: String(row.node_id),
    serialNumber: String(row.serial_number),
    namespace: String(row.namespace),
    serviceAccount: String(row.service_account),
    addresses: JSON.parse(String(row.addresses)) as readonly string[],
  }
}
