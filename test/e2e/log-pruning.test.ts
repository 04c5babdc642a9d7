/** A real daemon forgets what it logged a hundred days ago, and what was saved then is proved against the log of now. */

import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { type RunningDaemon, runCommand, start, startDaemon, temporaryFolder } from '../support/processes.ts'
import { wallClock, withoutWallClock } from '../support/wall-clock.ts'

test('a pruned log still proves everything, also after a backup and a restore', { skip: withoutWallClock }, async t => {
  const folder = temporaryFolder(t)
  const [config, data, restored] = ['config', 'data', 'restored'].map(name => path.join(folder, name)) as [
    string,
    string,
    string,
  ]
  mkdirSync(config)
  const file = (name: string, content: string): string => {
    writeFileSync(path.join(folder, name), content)
    return path.join(folder, name)
  }
  const stop = async (daemon: RunningDaemon): Promise<void> => {
    daemon.child.kill('SIGTERM')
    await daemon.ended
  }

  const { environment } = wallClock(t, '-100d')
  const early = await startDaemon(t, { config, data, environment })
  const then = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await start(t, ['ca', ...args, '--data', data], environment).ended
    assert.equal(code, 0, stderr)
    return stdout
  }
  for (const name of ['a', 'b', 'c']) {
    await then('issue', '--namespace', 'photo', '--service-account', name, '--out', path.join(folder, name))
  }
  const checkpoint = file('checkpoint', await then('log', 'checkpoint'))
  const key = (await then('log', 'checkpoint', '--key')).trim()
  const proof = file('proof', await then('log', 'prove', '--index', '1', '--checkpoint', checkpoint))
  await stop(early)

  const daemon = await startDaemon(t, { config, data })
  const now = async (directory: string, ...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await runCommand(t, 'ca', ...args, '--data', directory)
    assert.equal(code, 0, stderr)
    return stdout
  }
  const early89 = await runCommand(t, 'ca', 'log', 'prune', '--before', '89d', '--data', data)
  assert.match(early89.stderr, /LOG_PRUNE_REFUSED/)
  assert.match(await now(data, 'log', 'prune', '--before', '95d'), /^\d+ entries before \d+ are forgotten$/m)
  assert.match(await now(data, 'log', '--kind', 'prune'), /management .*keptHash=/)
  assert.doesNotMatch(await now(data, 'log'), /sa\/b/)

  const saved = ['--checkpoint', checkpoint, '--key', key]
  assert.match(await now(data, 'log', 'verify', '--proof', proof, ...saved), /entry 1 is in the log/)
  const isThere = /entries are those that .*\n.*all is as it was written\n.*\(the bytes of \d+ are forgotten\); no kept/
  assert.match(await now(data, 'log', 'verify', '--recompute', ...saved), isThere)
  const later = file('later', await now(data, 'log', 'prove', '--index', '1'))
  assert.match(await now(data, 'log', 'verify', '--proof', later, '--key', key), /its bytes are forgotten; its hash is/)

  const backup = path.join(folder, 'backup')
  assert.equal((await runCommand(t, 'backup', '--out', backup, '--data', data)).code, 0)
  await stop(daemon)
  const restoring = await runCommand(t, 'restore', backup, '--data', restored)
  assert.equal(restoring.code, 0, restoring.stderr)
  await startDaemon(t, { config, data: restored })
  assert.match(await now(restored, 'log', 'verify', '--recompute', ...saved), /all is as it was written/)
})
