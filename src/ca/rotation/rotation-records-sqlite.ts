/** Rotations in the daemon's database. */

import type { Database, Row, Statement } from '../../platform/database/database.ts'
import type { CurrentLeaf, RetiredRoot, Rotation, RotationChange, RotationRecords } from './rotation-records.ts'

export function sqliteRotationRecords(database: Database): RotationRecords {
  const numberIn = (sql: string): number => Number(database.get(sql)?.n ?? 0)
  return {
    signingRoot() {
      const row = database.get('SELECT fingerprint FROM ca_signer')
      return row === undefined ? undefined : String(row.fingerprint)
    },
    rotation() {
      const row = database.get('SELECT * FROM rotation ORDER BY id DESC LIMIT 1')
      return row === undefined ? undefined : rotationFromRow(row)
    },
    retiredRoots: () => database.all('SELECT * FROM retired_root ORDER BY rowid DESC').map(retiredFromRow),
    statementsFor: change => [...statementsFor(change)],
    lastIssuanceNumber: () => numberIn('SELECT max(id) AS n FROM issuance'),
    currentLeaves: nowMs => database.all(currentLeaves, [nowMs]).map(leafFromRow),
    lastTokenExpiryMs: () => numberIn('SELECT max(expires_at_ms) AS n FROM join_token'),
  }
}

/** A renewal is known by the certificate that it was asked for with. */
const currentLeaves = `
  SELECT id, serial_number, identity, not_after_ms, issuer_fingerprint FROM issuance AS leaf
  WHERE not_after_ms > ? AND evidence <> 'own-server' AND NOT EXISTS (
    SELECT 1 FROM issuance AS renewal
    WHERE renewal.evidence_detail = leaf.serial_number AND renewal.evidence = 'client-certificate'
  ) ORDER BY id`

function* statementsFor(change: RotationChange): Generator<Statement> {
  const { rotation, signer, addedRoot, removedRoot, retiredRoot } = change
  if (addedRoot !== undefined) {
    yield {
      sql: 'INSERT INTO ca_root (fingerprint, certificate_pem, sealed_key, added_at_ms) VALUES (?, ?, ?, ?)',
      parameters: [addedRoot.fingerprint, addedRoot.certificatePem, addedRoot.sealedKey, addedRoot.addedAtMs],
    }
  }
  if (signer !== undefined) {
    yield { sql: 'INSERT OR REPLACE INTO ca_signer (id, fingerprint) VALUES (1, ?)', parameters: [signer] }
  }
  if (removedRoot !== undefined) {
    yield { sql: 'DELETE FROM ca_root WHERE fingerprint = ?', parameters: [removedRoot] }
  }
  if (retiredRoot !== undefined) {
    yield {
      sql: `INSERT OR REPLACE INTO retired_root (fingerprint, certificate_pem, cross_certificate_pem, until_ms)
            VALUES (?, ?, ?, ?)`,
      parameters: [
        retiredRoot.fingerprint,
        retiredRoot.certificatePem,
        retiredRoot.crossCertificatePem,
        retiredRoot.untilMs,
      ],
    }
  }
  if (rotation !== undefined) yield upsertRotation(rotation)
}

function upsertRotation(rotation: Rotation): Statement {
  return {
    sql: `INSERT OR REPLACE INTO rotation (id, step, direction, from_root, to_root, cross_certificate_pem, window_ms,
          started_at_ms, step_at_ms, generation, last_issuance) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    parameters: [
      rotation.id,
      rotation.step,
      rotation.direction,
      rotation.fromRoot,
      rotation.toRoot,
      rotation.crossCertificatePem,
      rotation.windowMs,
      rotation.startedAtMs,
      rotation.stepAtMs,
      rotation.generation,
      rotation.lastIssuance,
    ],
  }
}

function rotationFromRow(row: Row): Rotation {
  return {
    id: Number(row.id),
    // Both are held by the table's checks.
    step: String(row.step) as Rotation['step'],
    direction: String(row.direction) as Rotation['direction'],
    fromRoot: String(row.from_root),
    toRoot: String(row.to_root),
    crossCertificatePem: String(row.cross_certificate_pem),
    windowMs: Number(row.window_ms),
    startedAtMs: Number(row.started_at_ms),
    stepAtMs: Number(row.step_at_ms),
    generation: Number(row.generation),
    lastIssuance: Number(row.last_issuance),
  }
}

function retiredFromRow(row: Row): RetiredRoot {
  return {
    fingerprint: String(row.fingerprint),
    certificatePem: String(row.certificate_pem),
    crossCertificatePem: String(row.cross_certificate_pem),
    untilMs: Number(row.until_ms),
  }
}

function leafFromRow(row: Row): CurrentLeaf {
  return {
    number: Number(row.id),
    serialNumber: String(row.serial_number),
    identity: String(row.identity),
    notAfterMs: Number(row.not_after_ms),
    issuerFingerprint: String(row.issuer_fingerprint),
  }
}
