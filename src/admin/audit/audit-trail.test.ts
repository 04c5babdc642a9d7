import assert from 'node:assert/strict'
import { appendFileSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { silentLog } from '../../platform/log.ts'
import { type AuditRecord, createAuditTrail } from './audit-trail.ts'

const record = (number: number, more: Partial<AuditRecord> = {}): AuditRecord => ({
  at: new Date(1_800_000_000_000 + number).toISOString(),
  caller: `token:${number % 2}`,
  from: '127.0.0.1:1',
  method: 'POST',
  target: `/v1/x/${number}`,
  endpoint: '/v1/x/:number',
  verdict: 'done',
  status: 200,
  ...more,
})

test('the trail is read from its newest line, over files, and a flood of refusals displaces no act', async t => {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'meshwright-audit-'))
  t.after(() => rmSync(directory, { recursive: true }))
  const trail = createAuditTrail({ directory, log: silentLog, largestFileBytes: 2000 })
  await Promise.all(Array.from({ length: 30 }, (_, number) => trail.record(record(number))))
  await Promise.all(Array.from({ length: 500 }, (_, number) => trail.record(record(number, { verdict: 'refused' }))))
  const targets = (query: Parameters<typeof trail.query>[0]) => trail.query(query).map(({ target }) => target)
  assert.deepEqual(targets({ trail: 'acts', limit: 3 }), ['/v1/x/29', '/v1/x/28', '/v1/x/27'])
  assert.equal(targets({ trail: 'acts', limit: 1000 }).length, 30)
  assert.deepEqual(targets({ trail: 'acts', limit: 2, caller: 'token:0' }), ['/v1/x/28', '/v1/x/26'])
  assert.deepEqual(targets({ trail: 'acts', limit: 9, sinceMs: 1_800_000_000_028 }), ['/v1/x/29', '/v1/x/28'])
  const kept = targets({ trail: 'refusals', limit: 1000 })
  assert.equal(kept[0], '/v1/x/499')
  assert.ok(kept.length < 500)
  const folder = path.join(directory, 'audit')
  for (const name of readdirSync(folder)) {
    const { mode, size } = statSync(path.join(folder, name))
    assert.deepEqual([mode & 0o777, size <= 2000], [0o600, true], name)
  }
  assert.equal(readdirSync(folder).filter(name => name.startsWith('refusals')).length, 8)
})

test('a line that a crash has cut off is passed over', async t => {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'meshwright-audit-'))
  t.after(() => rmSync(directory, { recursive: true }))
  const trail = createAuditTrail({ directory, log: silentLog })
  await trail.record(record(1))
  appendFileSync(path.join(directory, 'audit', 'acts.jsonl'), '{"at":"20')
  assert.equal(trail.query({ trail: 'acts', limit: 10 }).length, 1)
})
