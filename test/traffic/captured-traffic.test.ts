/** Traffic that is captured by iptables, as in a pod: in a network namespace of its own, which takes root. */

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { test } from 'node:test'

const rules = ['iptables', '-t', 'nat', '-A', 'OUTPUT', '-p', 'tcp', '-m', 'owner', '--uid-owner', '1000']
const rehearsal = spawnSync('unshare', ['--net', ...rules, '-j', 'REDIRECT', '--to-ports', '15001'])
const skip = rehearsal.status === 0 ? false : 'needs root, network namespaces and iptables'

test('captured connections are routed by host, address and protocol, and policies act on them', { skip }, () => {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  const inside = path.join(import.meta.dirname, 'captured-traffic.inside.ts')
  const args = ['--net', process.execPath, '--test', '--test-reporter', 'spec', inside]
  const { status, stdout, stderr } = spawnSync('unshare', args, { env, encoding: 'utf8', timeout: 120_000 })
  assert.equal(status, 0, stdout + stderr)
})
