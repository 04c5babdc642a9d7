import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { createToken, launchAgent, type WorkloadSpec } from '../support/agents.ts'
import { call, callingWorkload, servedWorkload, startApplication, startMesh, strictMutualTls } from '../support/mesh.ts'
import { runCommand, startDaemon, temporaryFolder, until } from '../support/processes.ts'

test('agents that are started while the daemon is down serve what they last had, and follow it when it is back', async t => {
  const workloads: readonly WorkloadSpec[] = [
    { name: 'server', ip: '127.0.14.1' },
    { name: 'client', ip: '127.0.14.2' },
    { name: 'old-client', ip: '127.0.14.3', xds: 'sotw' },
  ]
  const clients = ['127.0.14.2', '127.0.14.3']
  await startApplication(t, 'server', '127.0.14.1', 19080)
  const mesh = await startMesh(
    t,
    {
      'server.yaml': servedWorkload('server', '127.0.14.1'),
      'client.yaml': `${callingWorkload('client', '127.0.14.2')}---${callingWorkload('old-client', '127.0.14.3')}`,
      'strict.yaml': strictMutualTls,
    },
    workloads,
  )
  const called = async (path = '/'): Promise<readonly number[]> =>
    Promise.all(
      clients.map(async host => {
        const { status, headers } = await call({ host, port: 18081, path, headers: { host: 'server.test.internal' } })
        if (status === 200) assert.match(String(headers['x-caller']), /URI=spiffe:\/\/cluster\.local\/ns\/test\/sa\//)
        return status
      }),
    )
  await until(async () => (await called()).every(status => status === 200), 10_000)

  mesh.daemon.child.kill('SIGKILL')
  await mesh.daemon.ended
  for (const { name } of workloads) {
    mesh.agent(name).child.kill('SIGTERM')
    await mesh.agent(name).ended
  }
  assert.deepEqual(await called(), [0, 0], 'nothing is left of the first run')

  await Promise.all(workloads.map(workload => mesh.rejoin(workload)))
  assert.deepEqual(await called(), [200, 200])
  assert.equal((await call({ host: '127.0.14.1', port: 18080 })).status, 0, 'STRICT is still STRICT')
  for (const { name } of workloads)
    assert.match(mesh.agent(name).output().stderr, /served from the last good configuration/, name)

  await startDaemon(t, { config: path.join(mesh.folder, 'config'), data: mesh.daemon.data })
  mesh.put(
    'policy.yaml',
    `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: no-admin, namespace: test }
spec: { action: DENY, rules: [{ to: [{ operation: { paths: [/admin] } }] }] }
`,
  )
  await until(async () => (await called('/admin')).every(status => status === 403), 15_000)
  assert.deepEqual(await called(), [200, 200])
})

test('an agent that gets no certificate says why in one error and ends', async t => {
  const folder = temporaryFolder(t)
  const daemonAt = async (name: string) => {
    const config = path.join(folder, name)
    mkdirSync(config)
    return startDaemon(t, { config, data: path.join(folder, `${name}-data`) })
  }
  const [daemon, other] = await Promise.all([daemonAt('here'), daemonAt('elsewhere')])
  const workload = { name: 'web', ip: '127.0.14.4' }
  const flags = ['--namespace', 'test', '--service-account', 'web', '--data', daemon.data]
  const { stdout: brief } = await runCommand(t, 'token', 'create', ...flags, '--ttl', '1s')
  const briefUntil = performance.now() + 1_100
  const good = await createToken(t, workload, daemon.data)
  const [head, claims = '', ...signature] = good.split('.')
  // Both letters stand for the same bits of another byte, so that the token stays well formed.
  const forged = [head, claims, ...signature.map(part => (part.startsWith('A') ? 'B' : 'A') + part.slice(1))].join('.')
  const outcome = async (token: string | undefined, given: Partial<WorkloadSpec> = {}) => {
    const state = path.join(folder, `state-${performance.now()}`)
    const server = `127.0.0.1:${daemon.ports.secure}`
    const agent = launchAgent(t, { ...workload, ...given }, { server, state, token })
    const { code, stderr } = await agent.ended
    const error = stderr.split('\n').filter(line => line.startsWith('error '))
    assert.equal(error.length, 1, stderr)
    return `${code} ${error[0]}`
  }
  assert.match(await outcome(undefined), /^1 error AGENT_NO_CREDENTIAL: /)
  assert.match(await outcome('nonsense'), /^1 error JOIN_TOKEN_MALFORMED: /)
  assert.match(await outcome(forged), /^1 error AGENT_CERTIFICATE_REFUSED: /)
  const foreign = await createToken(t, workload, other.data)
  assert.match(await outcome(foreign), /^1 error AGENT_SERVER_UNTRUSTED: .* none of the \d+ certificates/)
  await until(() => performance.now() > briefUntil, 5_000)
  assert.match(await outcome(brief.trim()), /^1 error AGENT_NO_CREDENTIAL: .* the join token expired at 2/)
  assert.match(
    await outcome(good, { namespace: 'other' }),
    /^1 error AGENT_OPTION_INVALID: the namespace "other" is not/,
  )
  assert.match(await outcome(good), /^1 error AGENT_CERTIFICATE_REFUSED: /)
  // Whoever asks is not told more; whoever runs the daemon is.
  for (const reason of ['its signature is wrong', 'it has been used with another key'])
    assert.ok(daemon.output().stderr.includes(reason), reason)
})
