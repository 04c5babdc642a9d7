/** Commands on the authority as operators give them: what they print, and what their exit codes say. */

import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import type { AuthorityStatus } from '../../src/admin/rotation-view.ts'
import { runCommand, startDaemon, temporaryFolder } from '../support/processes.ts'

type Command = (...words: readonly string[]) => ReturnType<typeof runCommand>

async function startAuthority(t: TestContext): Promise<{ readonly folder: string; readonly command: Command }> {
  const folder = temporaryFolder(t)
  const [config, data] = [path.join(folder, 'config'), path.join(folder, 'data')]
  mkdirSync(config)
  await startDaemon(t, { config, data })
  return { folder, command: (...words) => runCommand(t, ...words, '--data', data) }
}

test('a rotation can be waited for, and says on the way what it waits for', async t => {
  const { command } = await startAuthority(t)
  const { code, stdout, stderr } = await command('ca', 'rotate', '--wait', '-o', 'json')
  assert.equal(code, 0, stderr)
  const { rotation, roots } = JSON.parse(stdout) as AuthorityStatus
  assert.equal(rotation?.step, 'done')
  assert.deepEqual(
    roots.map(({ fingerprint, use }) => [fingerprint, use]),
    [[rotation.toRoot, 'signs']],
  )
  assert.match(stderr, /^rotation 1: prepared since \S+, 100 %\n(rotation 1: .*\n)*$/)
})

test('a wait that is over before the rotation says so, and the rotation can still be aborted and that be waited for', async t => {
  const { folder, command } = await startAuthority(t)
  const issued = await command('ca', 'issue', '--namespace', 'a', '--service-account', 'b', '--out', folder)
  assert.equal(issued.code, 0, issued.stderr)
  const late = await command('ca', 'rotate', '--wait', '--timeout', '1s')
  assert.equal(late.code, 1)
  assert.match(late.stderr, /prepared since \S+, 0 %, waits for 1 of 1\n.*still under way: it goes on in the daemon/s)
  assert.match(late.stdout, /spiffe:\/\/cluster.local\/ns\/a\/sa\/b +[0-9A-F]{32} +no agent attends with it/)
  const aborted = await command('ca', 'rotate', '--abort', '--wait', '-o', 'json')
  assert.equal(aborted.code, 0, aborted.stderr)
  assert.equal((JSON.parse(aborted.stdout) as AuthorityStatus).rotation?.step, 'aborted')
})

test('renewals are spread over seven days at most', async t => {
  const { command } = await startAuthority(t)
  const { code, stderr } = await command('ca', 'rotate', '--window', '7d1s')
  assert.notEqual(code, 0)
  assert.match(stderr, /REQUEST_INVALID: windowSeconds: a number between 0 and 604800 is needed/)
  const longest = await command('ca', 'rotate', '--window', '7d', '-o', 'json')
  assert.equal((JSON.parse(longest.stdout) as AuthorityStatus).rotation?.windowSeconds, 604_800)
})

test('join tokens are listed without their secrets, and end when they are revoked', async t => {
  const { command } = await startAuthority(t)
  const create = await command('token', 'create', '--namespace', 'a', '--service-account', 'b')
  const secret = create.stdout.trim()
  const listed = await command('token', 'list')
  assert.match(
    listed.stdout,
    /^ID +IDENTITY +EXPIRES +USED\n\S+ +spiffe:\/\/cluster.local\/ns\/a\/sa\/b +\S+ +0 of 1\n$/,
  )
  assert.ok(!listed.stdout.includes(secret.slice(-20)))
  const revoked = await command('token', 'revoke', secret)
  assert.match(revoked.stdout, /^join token \S+ revoked\n$/)
  assert.equal((await command('token', 'list')).stdout.split('\n').length, 2)
  assert.match((await command('token', 'revoke', secret)).stderr, /JOIN_TOKEN_UNKNOWN/)
})
