import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { FakeClock } from '../platform/clock.ts'
import { type Database, databaseFileName, openDatabase } from '../platform/database/database.ts'
import type { Statement } from '../platform/database/statement.ts'
import { MeshwrightError } from '../platform/errors.ts'
import { formatJoinTokenClaims, parseJoinToken } from '../platform/join-token.ts'
import { silentLog } from '../platform/log.ts'
import { spiffeIdOf } from '../platform/spiffe.ts'
import { createJoinTokens, type JoinTokens } from './join-tokens.ts'
import type { LogContent } from './log/log-entry.ts'
import type { LogReceipt } from './log/transparency-log.ts'
import type { CaStore } from './store/store.ts'
import { sqliteCaStore } from './store/store-sqlite.ts'
import { caMigrations } from './testing/schema.ts'

const hourMs = 3_600_000
const root = 'ab'.repeat(32)
const forWeb = { namespace: 'photo', serviceAccount: 'web' }

let directory = ''
let database: Database
let store: CaStore
let clock: FakeClock
let tokens: JoinTokens

function open(): void {
  database = openDatabase({ directory, migrations: caMigrations, log: silentLog })
  store = sqliteCaStore(database)
  tokens = tokensWith(Buffer.alloc(32, 1), 'cluster.local')
}

/** As the log does, without its keys. */
async function append(content: LogContent, statements: readonly Statement[] = []): Promise<LogReceipt> {
  return { index: await store.appendToLog({ ...content, atMs: clock.now() }, statements) }
}

function tokensWith(signingKey: Buffer, trustDomain: string): JoinTokens {
  return createJoinTokens({
    store,
    transparency: { append },
    clock,
    trustDomain,
    rootFingerprints: () => [root],
    signingKey,
  })
}

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'meshwright-tokens-'))
  clock = new FakeClock()
  open()
})
afterEach(async () => {
  await database.close()
  rmSync(directory, { recursive: true })
})

function isRefused(why: RegExp): (thrown: unknown) => boolean {
  return thrown => thrown instanceof MeshwrightError && thrown.code === 'JOIN_TOKEN_REFUSED' && why.test(thrown.message)
}

/** What the gate writes with an issuance. */
async function record(tokenId: string, keyFingerprint: string): Promise<void> {
  const binding = tokens.bind(tokenId, keyFingerprint)
  const issuance = {
    serialNumber: `${tokenId} ${keyFingerprint} ${Math.floor(clock.now())}`,
    identity: 'x',
    issuedAtMs: 0,
    notAfterMs: 0,
    keyFingerprint,
    digest: '',
    issuerFingerprint: '',
    evidence: 'join-token',
    evidenceDetail: tokenId,
    peerAddress: '',
  } as const
  await store.recordIssuance(issuance, binding)
  tokens.recorded(binding)
  clock.advance(1)
}

test('Kuma 2.14.2: a token names its identity, its end and the root that its holder may trust', async () => {
  const { text, claims } = await tokens.create({ ...forWeb, ttlMs: 2 * hourMs })
  assert.deepEqual(tokens.verify(text), claims)
  assert.deepEqual(parseJoinToken(text).claims, claims)
  assert.equal(claims.identity.uri, 'spiffe://cluster.local/ns/photo/sa/web')
  assert.equal(claims.expiresAtMs, clock.now() + 2 * hourMs)
  assert.deepEqual(claims.rootFingerprints, [root])
})

test('a token lives an hour when nothing else is said, and not a millisecond longer', async () => {
  const { text } = await tokens.create(forWeb)
  clock.advance(hourMs - 1)
  tokens.verify(text)
  clock.advance(1)
  assert.throws(() => tokens.verify(text), isRefused(/expired/))
})

test('Kuma 2.14.2: a token with any part changed is refused', async () => {
  const { text, claims } = await tokens.create(forWeb)
  const { signature } = parseJoinToken(text)
  const resigned = (changed: string): string => `${changed}.${signature.toString('base64url')}`
  const admin = spiffeIdOf({ trustDomain: 'cluster.local', namespace: 'photo', serviceAccount: 'admin' })
  for (const changed of [
    { ...claims, identity: admin },
    { ...claims, expiresAtMs: claims.expiresAtMs + 1 },
    { ...claims, rootFingerprints: ['cd'.repeat(32)] },
    { ...claims, id: 'another' },
  ]) {
    assert.throws(() => tokens.verify(resigned(formatJoinTokenClaims(changed))), isRefused(/signature/))
  }
  const flipped = Buffer.from(signature)
  flipped[0] = (flipped[0] ?? 0) ^ 1
  assert.throws(
    () => tokens.verify(`${formatJoinTokenClaims(claims)}.${flipped.toString('base64url')}`),
    isRefused(/signature/),
  )
  assert.throws(() => tokens.verify(text.slice(0, -4)), isRefused(/signature/))
})

test('a token of another mesh, signed by another key, or unknown to the store is refused', async () => {
  const foreign = await tokensWith(Buffer.alloc(32, 2), 'cluster.local').create(forWeb)
  assert.throws(() => tokens.verify(foreign.text), isRefused(/signature/))
  const other = await tokensWith(Buffer.alloc(32, 1), 'other.mesh').create(forWeb)
  assert.throws(() => tokens.verify(other.text), isRefused(/trust domain/))
  const { text, claims } = await tokens.create(forWeb)
  await database.write([{ sql: 'DELETE FROM join_token WHERE id = ?', parameters: [claims.id] }])
  assert.throws(() => tokens.verify(text), isRefused(/not among those/))
})

test('one use is one key: it may come again, another may not, also before the first is on disk', async () => {
  const { claims } = await tokens.create(forWeb)
  tokens.bind(claims.id, 'key 1')
  tokens.bind(claims.id, 'key 1')
  assert.throws(() => tokens.bind(claims.id, 'key 2'), isRefused(/another key/))
  await record(claims.id, 'key 1')
  await record(claims.id, 'key 1')
  assert.throws(() => tokens.bind(claims.id, 'key 2'), isRefused(/another key/))
})

test('the binding of key and token outlives a restart', async () => {
  const { text, claims } = await tokens.create(forWeb)
  await record(claims.id, 'key 1')
  await database.close()
  open()
  tokens.verify(text)
  tokens.bind(claims.id, 'key 1')
  assert.throws(() => tokens.bind(claims.id, 'key 2'), isRefused(/another key/))
})

test('a token with three uses takes three keys', async () => {
  const { claims } = await tokens.create({ ...forWeb, uses: 3 })
  for (const key of ['a', 'b', 'c', 'a', 'b']) await record(claims.id, key)
  assert.throws(() => tokens.bind(claims.id, 'd'), isRefused(/another key/))
})

test('the text of a token is nowhere in the data directory', async () => {
  const { text } = await tokens.create(forWeb)
  const signature = text.split('.')[2] ?? text
  for (const suffix of ['', '-wal']) {
    const bytes = readFileSync(path.join(directory, `${databaseFileName}${suffix}`))
    assert.ok(!bytes.includes(signature))
  }
})

test('tokens that expired long ago are forgotten when another is made', async () => {
  const { text, claims } = await tokens.create(forWeb)
  await record(claims.id, 'key')
  clock.advance(6 * 24 * hourMs)
  await tokens.create(forWeb)
  assert.throws(() => tokens.verify(text), isRefused(/expired/))
  clock.advance(2 * 24 * hourMs)
  await tokens.create(forWeb)
  assert.throws(() => tokens.verify(text), isRefused(/not among those/))
  assert.deepEqual(database.get('SELECT count(*) AS n FROM join_token_key'), { n: 0 })
})

test('odd lives, uses and names are refused', async () => {
  const invalid = { code: 'JOIN_TOKEN_OPTIONS_INVALID' }
  for (const ttlMs of [0, -1, 1.5, Number.NaN, 31 * 24 * hourMs])
    await assert.rejects(tokens.create({ ...forWeb, ttlMs }), invalid)
  for (const uses of [0, -1, 1.5, 1e9]) await assert.rejects(tokens.create({ ...forWeb, uses }), invalid)
  await assert.rejects(tokens.create({ namespace: '../x', serviceAccount: 'web' }), { code: 'SPIFFE_ID_INVALID' })
})

test('tokens in force are listed with the keys that used them, and one that is revoked is refused, also to a key that it knows', async () => {
  const [kept, revoked] = [await tokens.create({ ...forWeb, ttlMs: hourMs, uses: 3 }), await tokens.create(forWeb)]
  await tokens.create({ ...forWeb, ttlMs: 1000 })
  clock.advance(2000)
  await record(kept.claims.id, 'k1')
  const listed = tokens.list().map(({ id, keys, uses }) => ({ id, keys, uses }))
  assert.deepEqual(
    listed.toSorted((a, b) => a.uses - b.uses),
    [
      { id: revoked.claims.id, keys: [], uses: 1 },
      { id: kept.claims.id, keys: ['k1'], uses: 3 },
    ],
  )
  await tokens.revoke(kept.claims.id)
  assert.throws(() => tokens.verify(kept.text), isRefused(/not among those made here/))
  assert.throws(() => tokens.bind(kept.claims.id, 'k1'), isRefused(/not among those made here/))
  const [entry] = store.logEntries({ kind: 'revocation', limit: 1, order: 'newest-first' })
  assert.deepEqual(entry?.entry.details, { target: 'join-token', value: kept.claims.id, keys: 1 })
  await assert.rejects(tokens.revoke(kept.claims.id), { code: 'JOIN_TOKEN_UNKNOWN' })
  assert.equal(tokens.verify(revoked.text).id, revoked.claims.id)
})
