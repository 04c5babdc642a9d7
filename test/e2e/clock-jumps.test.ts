/** The clock of a real daemon, and of a real agent, jumps by two hours, forward and back. */

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { credentials } from '@grpc/grpc-js'
import type { LogEntryView } from '../../src/admin/transparency-view.ts'
import { defaultEnvoyCache } from '../../src/agent/envoy/install.ts'
import { locateEnvoy } from '../../src/agent/envoy/locate.ts'
import { createCertificatePath } from '../../src/ca/service/certificate-messages.ts'
import { greedyCsr, newKeys } from '../../src/ca/testing/requests.ts'
import { requestBody } from '../../src/ca/testing/rig.ts'
import { GrpcClient } from '../../src/grpc/testing/grpc-client.ts'
import { processEnvironment } from '../../src/platform/environment.ts'
import { createToken, launchAgent } from '../support/agents.ts'
import { joinAsCaller } from '../support/certificate-caller.ts'
import { runCommand, type Started, startDaemon, temporaryFolder, until } from '../support/processes.ts'
import { wallClock, withoutWallClock } from '../support/wall-clock.ts'

const hourMs = 3_600_000
/** Rounded; 0 and -0 are one. */
const hours = (ms: number): number => Math.round(ms / hourMs) + 0

function folders(t: TestContext): { config: string; data: string; folder: string } {
  const folder = temporaryFolder(t)
  mkdirSync(path.join(folder, 'config'))
  return { config: path.join(folder, 'config'), data: path.join(folder, 'data'), folder }
}

const count = (started: Started, what: string): number => started.output().stderr.split(what).length - 1
const jumped = (started: Started, times: number): Promise<void> =>
  until(() => count(started, '"msg":"the clock has jumped"') === times, 10_000)

describe('a clock that jumps', { skip: withoutWallClock, concurrency: true }, () => {
  test('a daemon whose clock jumps goes on issuing, and what it made in a wrong hour is made anew', async t => {
    const where = folders(t)
    const clock = wallClock(t)
    const start = () => startDaemon(t, { ...where, environment: clock.environment })
    let daemon = await start()
    const caller = await joinAsCaller(t, daemon)
    const brief = await createToken(t, { name: 'late', ip: '127.0.46.1' }, where.data)

    const join = async (token: string): Promise<string> => {
      const tls = credentials.createSsl(Buffer.from(caller.rootPem))
      const client = new GrpcClient(`127.0.0.1:${daemon.ports.secure}`, tls)
      const headers = { authorization: `Bearer ${token}` }
      const body = requestBody({ csr: await greedyCsr(await newKeys()) })
      const { code, details } = await client.unary(createCertificatePath, body, { headers, timeoutMs: 10_000 })
      client.close()
      return code === 0 ? 'issued' : details
    }
    /** When what a client with the right time is given began, in hours from now; what stopped it otherwise. */
    const renewed = async (): Promise<number | string> => {
      const connection = caller.connect(daemon)
      const answer = await connection.renew()
      connection.close()
      if (answer.kind === 'refused') return answer.details
      return hours(new X509Certificate(answer.pem).validFromDate.getTime() - Date.now())
    }
    /** From when to when what is revoked is said, in hours from now. */
    const lists = async (): Promise<readonly number[]> => {
      const pem = await (await fetch(`http://127.0.0.1:${daemon.ports.http}/crl`)).text()
      const dates = execFileSync('openssl', ['crl', '-noout', '-lastupdate', '-nextupdate'], {
        input: pem,
        encoding: 'utf8',
      })
      return [...dates.matchAll(/=(.*)$/gm)].map(([, date = '']) => hours(Date.parse(date) - Date.now()))
    }
    assert.equal(await renewed(), 0)
    assert.deepEqual(await lists(), [-1, 7 * 24])

    clock.set('+2h')
    await jumped(daemon, 1)
    assert.equal(await renewed(), 2)
    assert.notEqual(await join(brief), 'issued')
    assert.match(daemon.output().stderr, /the join token is refused: it has expired/)
    daemon.child.kill('SIGTERM')
    await daemon.ended
    daemon = await start()
    assert.match(String(await renewed()), /certificate is not yet valid/, 'its own certificate is of a wrong hour')

    clock.set('+0')
    await jumped(daemon, 1)
    await until(() => count(daemon, '"msg":"server certificate renewed"') === 1, 5_000)
    assert.equal(await renewed(), 0)
    assert.deepEqual(await lists(), [-1, 7 * 24])
    assert.equal(await join(await createToken(t, { name: 'late', ip: '127.0.46.1' }, where.data)), 'issued')

    const { stdout } = await runCommand(t, 'ca', 'log', '-o', 'json', '--data', where.data)
    const entries = stdout
      .trim()
      .split('\n')
      .map(line => JSON.parse(line) as LogEntryView)
    assert.deepEqual(
      entries.map(entry => entry.index),
      entries.map((_, index) => index),
    )
    assert.ok(
      entries.some((entry, index) => entry.at < (entries[index - 1]?.at ?? '')),
      'the order is that of writing',
    )
    const checkpoint = path.join(where.folder, 'checkpoint')
    writeFileSync(checkpoint, (await runCommand(t, 'ca', 'log', 'checkpoint', '--data', where.data)).stdout)
    const verified = await runCommand(
      t,
      'ca',
      'log',
      'verify',
      '--recompute',
      '--checkpoint',
      checkpoint,
      '--data',
      where.data,
    )
    assert.equal(verified.code, 0, verified.stderr)
  })

  test('an agent whose clock is behind waits, and one whose clock jumps renews once', async t => {
    const where = folders(t)
    const daemon = await startDaemon(t, where)
    const clock = wallClock(t, '-2h')
    const located = await locateEnvoy({
      envoyPath: process.env.ENVOY_PATH || undefined,
      cacheDirectory: defaultEnvoyCache(processEnvironment),
      environment: processEnvironment,
    })
    if (located === undefined) throw new Error('there is no Envoy on this machine')
    // Its allocator does not bear the library, and its own clock is not what is tried here.
    const envoy = path.join(where.folder, 'envoy')
    writeFileSync(envoy, `#!/bin/sh\nunset LD_PRELOAD\nexec '${located.path}' "$@"\n`, { mode: 0o755 })
    const workload = { name: 'web', ip: '127.0.46.2' }
    const place = {
      server: `127.0.0.1:${daemon.ports.secure}`,
      state: path.join(where.folder, 'state'),
      environment: { ...clock.environment, ENVOY_PATH: envoy, MESHWRIGHT_AGENT_TTL: '150m' },
    }
    const token = await createToken(t, workload, where.data)
    let agent = launchAgent(t, workload, { ...place, token })
    const running = () => until(() => count(agent, '"msg":"agent running"') === 1, 15_000)
    await until(() => count(agent, 'is not valid before') > 0, 10_000)
    const waiting = /control plane's certificate is not valid before (\S+Z), and this clock says (\S+Z)/
    const [, notBefore = '', now = ''] = waiting.exec(agent.output().stderr) ?? []
    assert.equal(hours(Date.parse(notBefore) - Date.parse(now)), 2)
    clock.set('+0')
    await running()

    clock.set('+2h')
    await jumped(agent, 1)
    await until(() => count(agent, '"msg":"certificate in use"') === 2, 10_000)
    clock.set('+0')
    await jumped(agent, 2)
    assert.equal(count(agent, '"msg":"certificate in use"'), 2, 'going back is no reason to renew')
    assert.equal(count(agent, 'certificate not renewed'), 0)

    agent.child.kill('SIGTERM')
    await agent.ended
    clock.set('-2h')
    agent = launchAgent(t, workload, { ...place, token: undefined })
    await until(() => count(agent, 'waiting: the certificate is not valid before') === 1, 10_000)
    clock.set('+0')
    await running()
  })
})
