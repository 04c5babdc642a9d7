/** The authority's store in the daemon's database. */

import type { Database, Row, Statement } from '../../platform/database/database.ts'
import { sqliteIdentityProviderRecords } from '../authenticate/identity-provider-records-sqlite.ts'
import { issuanceEntry } from '../log/issuance-entry.ts'
import { sqliteLogRecords } from '../log/log-records-sqlite.ts'
import { sqliteRevocationRecords } from '../revocation/revocation-records-sqlite.ts'
import { sqliteRotationRecords } from '../rotation/rotation-records-sqlite.ts'
import { sqliteTrustRecords } from '../trust/trust-records-sqlite.ts'
import type { CaStore, Issuance, IssuanceTrait, StoredJoinToken, StoredRoot, TokenBinding } from './store.ts'

export function sqliteCaStore(database: Database): CaStore {
  const log = sqliteLogRecords(database)
  return {
    ...sqliteTrustRecords(database),
    ...sqliteRotationRecords(database),
    ...sqliteRevocationRecords(database),
    ...sqliteIdentityProviderRecords(database),
    ...log,
    roots: () => database.all('SELECT * FROM ca_root ORDER BY rowid').map(rootFromRow),
    addRoot: root =>
      database.write([
        {
          sql: 'INSERT INTO ca_root (fingerprint, certificate_pem, sealed_key, added_at_ms) VALUES (?, ?, ?, ?)',
          parameters: [root.fingerprint, root.certificatePem, root.sealedKey, root.addedAtMs],
        },
      ]),
    secret(name) {
      const row = database.get('SELECT sealed FROM ca_secret WHERE name = ?', [name])
      return row === undefined ? undefined : blob(row, 'sealed')
    },
    addSecret: (name, sealed) =>
      database.write([{ sql: 'INSERT INTO ca_secret (name, sealed) VALUES (?, ?)', parameters: [name, sealed] }]),
    joinToken(id) {
      const row = database.get('SELECT * FROM join_token WHERE id = ?', [id])
      if (row === undefined) return undefined
      const keys = database.all('SELECT key_fingerprint FROM join_token_key WHERE token_id = ?', [id])
      return tokenFromRows(row, keys)
    },
    addJoinToken: (token, forgetExpiredBeforeMs) =>
      database.write([
        { sql: 'DELETE FROM join_token WHERE expires_at_ms < ?', parameters: [forgetExpiredBeforeMs] },
        {
          sql: 'INSERT INTO join_token (id, hash, identity, expires_at_ms, uses) VALUES (?, ?, ?, ?, ?)',
          parameters: [token.id, token.hash, token.identity, token.expiresAtMs, token.uses],
        },
      ]),
    liveJoinTokens(nowMs) {
      const rows = database.all('SELECT * FROM join_token WHERE expires_at_ms > ? ORDER BY expires_at_ms, id', [nowMs])
      const keys = database.all('SELECT token_id, key_fingerprint FROM join_token_key')
      const byToken = Map.groupBy(keys, key => key.token_id)
      return rows.map(row => tokenFromRows(row, byToken.get(row.id ?? null) ?? []))
    },
    statementsForTokenEnd: id => [{ sql: 'DELETE FROM join_token WHERE id = ?', parameters: [id] }],
    recordIssuance(issuance, binding) {
      const insert = insertIssuance(issuance)
      return log.appendToLog(issuanceEntry(issuance), binding === undefined ? [insert] : [bindToken(binding), insert])
    },
    issuances: limit => database.all('SELECT * FROM issuance ORDER BY id DESC LIMIT ?', [limit]).map(issuanceFromRow),
    liveIssuances: ({ kind, value }, nowMs) =>
      database
        .all(`SELECT * FROM issuance WHERE ${traitColumns[kind]} = ? AND not_after_ms > ? ORDER BY id DESC`, [
          value,
          nowMs,
        ])
        .map(issuanceFromRow),
    issuancesFrom: (index, toIndex) =>
      database
        .all('SELECT * FROM issuance WHERE log_position >= ? AND log_position < ?', [index, toIndex])
        .map(row => ({ index: Number(row.log_position), issuance: issuanceFromRow(row) })),
    issuancesWithoutEntry: () => Number(database.get(strays)?.n),
  }
}

const traitColumns: Readonly<Record<IssuanceTrait['kind'], string>> = {
  serial: 'serial_number',
  identity: 'identity',
  key: 'key_fingerprint',
  issuer: 'issuer_fingerprint',
}

const strays = `SELECT count(*) AS n FROM issuance
  WHERE log_position IS NULL OR log_position > (SELECT coalesce(max(position), -1) FROM log_entry)`

function bindToken(binding: TokenBinding): Statement {
  return {
    sql: 'INSERT INTO join_token_key (token_id, key_fingerprint) VALUES (?, ?) ON CONFLICT DO NOTHING',
    parameters: [binding.tokenId, binding.keyFingerprint],
  }
}

function insertIssuance(issuance: Issuance): Statement {
  return {
    sql: `INSERT INTO issuance (serial_number, identity, issued_at_ms, not_after_ms, key_fingerprint, digest,
          issuer_fingerprint, evidence, evidence_detail, peer_address, log_position)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, (SELECT max(position) FROM log_entry))`,
    parameters: [
      issuance.serialNumber,
      issuance.identity,
      issuance.issuedAtMs,
      issuance.notAfterMs,
      issuance.keyFingerprint,
      issuance.digest,
      issuance.issuerFingerprint,
      issuance.evidence,
      issuance.evidenceDetail,
      issuance.peerAddress,
    ],
  }
}

function rootFromRow(row: Row): StoredRoot {
  return {
    fingerprint: String(row.fingerprint),
    certificatePem: String(row.certificate_pem),
    sealedKey: blob(row, 'sealed_key'),
    addedAtMs: Number(row.added_at_ms),
  }
}

function tokenFromRows(row: Row, keys: readonly Row[]): StoredJoinToken {
  return {
    id: String(row.id),
    hash: String(row.hash),
    identity: String(row.identity),
    expiresAtMs: Number(row.expires_at_ms),
    uses: Number(row.uses),
    keys: keys.map(key => String(key.key_fingerprint)),
  }
}

function issuanceFromRow(row: Row): Issuance {
  return {
    serialNumber: String(row.serial_number),
    identity: String(row.identity),
    issuedAtMs: Number(row.issued_at_ms),
    notAfterMs: Number(row.not_after_ms),
    keyFingerprint: String(row.key_fingerprint),
    digest: String(row.digest),
    issuerFingerprint: String(row.issuer_fingerprint),
    // Written only by this store, from the same union.
    evidence: String(row.evidence) as Issuance['evidence'],
    evidenceDetail: String(row.evidence_detail),
    peerAddress: String(row.peer_address),
  }
}

function blob(row: Row, column: string): Buffer {
  const value = row[column]
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength)
  throw new TypeError(`column ${column} holds no blob`)
}
