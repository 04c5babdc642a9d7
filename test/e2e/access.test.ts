/** Credentials of the management API as an operator handles them, on the machine of the daemon. */

import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import { runCommand, startDaemon, temporaryFolder } from '../support/processes.ts'

async function meshwright(t: TestContext, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runCommand(t, ...args)
  assert.equal(code, 0, `${args.join(' ')}: ${stderr}`)
  return stdout
}

test('a token has its role until it is revoked, and a lost admin token is replaced on the machine, the daemon running or not', async t => {
  const folder = temporaryFolder(t)
  const [config, data] = [path.join(folder, 'config'), path.join(folder, 'data')]
  mkdirSync(config)
  const first = await startDaemon(t, { config, data })
  const own = path.join(data, 'admin-credential.json')
  const alice = path.join(folder, 'alice.json')
  const role = ['--name', 'alice', '--role', 'editor', '-n', 'shop', '--ttl', '1h']
  const made = await meshwright(t, 'access', 'token', ...role, '--out', alice, '--data', data)
  assert.equal(statSync(alice).mode & 0o777, 0o600)
  await meshwright(t, 'get', 'proxies', '--credential', alice)
  const refused = await runCommand(t, 'access', 'list', '--credential', alice)
  assert.match(refused.stderr, /error ACCESS_DENIED: .*editor of shop/)

  const id = /[0-9a-f]{16}/.exec(made)?.[0] ?? assert.fail(made)
  await meshwright(t, 'access', 'revoke', id, '--data', data)
  assert.match((await runCommand(t, 'get', 'proxies', '--credential', alice)).stderr, /the token is revoked/)
  const list = await meshwright(t, 'access', 'list', '--data', data)
  assert.match(list, new RegExp(`${id} +alice +editor of shop +revoked`))
  assert.match(await meshwright(t, 'access', 'audit', '--data', data), new RegExp(`token:${id}:alice`))
  assert.match(await meshwright(t, 'access', 'audit', '--refused', '--data', data), /403 +GET +\/v1\/access\/grants/)

  // Up: the lost token is refused from the next request on, the new one is taken.
  const lost = path.join(folder, 'lost.json')
  writeFileSync(lost, readFileSync(own))
  await meshwright(t, 'access', 'recover', '--data', data)
  assert.match((await runCommand(t, 'get', 'proxies', '--credential', lost)).stderr, /the token is revoked/)
  await meshwright(t, 'get', 'proxies', '--data', data)

  // Down, and the credential file gone.
  first.child.kill('SIGTERM')
  await first.ended
  rmSync(own)
  await meshwright(t, 'access', 'recover', '--revoke-others', '--data', data)
  const recovered = readFileSync(own, 'utf8')
  await startDaemon(t, { config, data })
  assert.equal(
    (JSON.parse(readFileSync(own, 'utf8')) as { token: string }).token,
    (JSON.parse(recovered) as { token: string }).token,
  )
  const states = (await meshwright(t, 'access', 'list', '--data', data)).match(/ in force | revoked /g)
  assert.deepEqual(
    states?.filter(state => state === ' in force '),
    [' in force '],
  )
})
