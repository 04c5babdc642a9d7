import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type AuthorityFacts, diagnose, type Finding } from './diagnosis.ts'
import { dayMs, urgencyOfEnd } from './remaining-life.ts'

const nowMs = 1_800_000_000_000
const years = (count: number): number => nowMs + count * 365 * dayMs
const long = { notBeforeMs: years(-5), notAfterMs: years(5) }

const healthy: AuthorityFacts = {
  nowMs,
  issuerKind: 'self-signed',
  roots: [{ ...long, fingerprint: 'abcdef0123456789ff', use: 'signs' }],
  signer: long,
  server: { notBeforeMs: nowMs - dayMs / 2, notAfterMs: nowMs + dayMs / 2, from: 'issuer' },
  credentials: [],
  listsEndMs: undefined,
  log: { size: 12, forgotten: 0, restorePending: undefined, alarms: [], lastAudit: undefined },
  change: undefined,
  agents: { attending: 3, withNewestTrust: 3 },
}

const about = (subject: string, change: Partial<AuthorityFacts>): Finding =>
  diagnose({ ...healthy, ...change }).find(one => one.subject === subject) ?? assert.fail(`nothing about ${subject}`)

test('a healthy authority has nothing to do, and each subject is named', () => {
  const found = diagnose(healthy)
  assert.deepEqual(
    found.map(({ subject, state, remedy }) => [subject, state, remedy]),
    ['root', 'signer', 'server certificate', 'lists', 'log', 'rotation', 'agents'].map(each => [each, 'good', '']),
  )
})

test('roots and signers are told of at 90, 30 and 7 days, and at their end', () => {
  for (const [days, state, text] of [
    [91, 'good', /ends in 91 days/],
    [90, 'notice', /ends in 90 days/],
    [31, 'notice', /ends in 31 days/],
    [30, 'warning', /ends in 30 days/],
    [8, 'warning', /ends in 8 days/],
    [7, 'urgent', /ends in 7 days/],
    [1, 'urgent', /ends in 24 hours/],
    [0, 'urgent', /ended at 2027-01-15T08:00:00.000Z/],
  ] as const) {
    const ending = { ...long, notAfterMs: nowMs + days * dayMs }
    const root = about('root', { roots: [{ ...ending, fingerprint: 'aa', use: 'signs' }] })
    const signer = about('signer', { signer: ending, issuerKind: 'plug-in' })
    assert.deepEqual([root.state, signer.state], [state, state], `${days} days`)
    assert.match(root.message, text)
    assert.match(signer.message, text)
    assert.equal(root.remedy === '', state === 'good')
  }
})

test('what to do depends on who makes it', () => {
  const soon = { ...long, notAfterMs: nowMs + 20 * dayMs }
  const remedyOf = (issuerKind: AuthorityFacts['issuerKind']): string =>
    about('signer', { signer: soon, issuerKind }).remedy
  assert.match(remedyOf('self-signed'), /ca rotate/)
  assert.match(remedyOf('plug-in'), /whole new set of files/)
  assert.match(remedyOf('intermediate'), /ca csr.*ca install/)
  assert.match(remedyOf('upstream'), /authority above/)
  const roots = [{ ...soon, fingerprint: 'aa', use: 'signs' as const }]
  assert.match(about('root', { roots, issuerKind: 'vault' }).remedy, /where it is made/)
  assert.match(about('root', { roots: [{ ...soon, fingerprint: 'aa', use: 'is trusted' }] }).remedy, /Nothing, if/)
})

test('what lives for days is measured by its own life, not by days', () => {
  const life = 24 * 3_600_000
  const states = [0.5, 0.24, 0.09, -0.1].map(left => urgencyOfEnd(life * left, life))
  assert.deepEqual(states, ['good', 'warning', 'urgent', 'urgent'])
  const server = { notBeforeMs: nowMs - 22 * 3_600_000, notAfterMs: nowMs + 2 * 3_600_000, from: 'files' } as const
  assert.match(about('server certificate', { server }).remedy, /files that issuer.server names/)
})

test('a credential that could not be renewed is a warning before it is due', () => {
  const credential = { kind: 'certificate', renewedBy: 'us', lifeMs: 10 * dayMs } as const
  const state = (notAfterMs: number, fault: string): string =>
    about('issuer credential', { credentials: [{ ...credential, notAfterMs, fault }] }).state
  assert.equal(state(nowMs + 9 * dayMs, ''), 'good')
  assert.equal(state(nowMs + 4 * dayMs, 'the issuer refused'), 'warning')
  assert.equal(state(nowMs + dayMs / 2, 'the issuer refused'), 'urgent')
})

test('a log that was changed, a restore that waits, lists that run out and laggards are told with what to do', () => {
  const alarm = { kind: 'fork', atMs: nowMs, from: 'an agent', treeSize: 3, message: '' } as const
  const changed = { ...healthy.log, alarms: [alarm], restorePending: { sinceMs: 0, reason: 'a fork' } }
  assert.match(about('log', { log: changed }).message, /1 kept checkpoints disagree, the last: fork, from an agent/)
  assert.match(about('restore', { log: changed }).remedy, /confirm-restore/)
  const faults = { atMs: nowMs, size: 1, rootHash: Buffer.alloc(0), faults: ['entry 4 is missing'] }
  assert.match(about('log', { log: { ...healthy.log, lastAudit: faults } }).message, /entry 4 is missing/)
  assert.equal(about('lists', { listsEndMs: nowMs + 1.5 * dayMs }).state, 'warning')
  assert.equal(about('rotation', { change: { what: 'rotation 1: prepared', lagging: 2 } }).state, 'notice')
  assert.equal(about('agents', { agents: { attending: 3, withNewestTrust: 1 } }).state, 'notice')
})
