/** A workload whose certificate an administrator puts into files: in the mesh like any other, and what is public of the authority. */

import assert from 'node:assert/strict'
import { readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import { launchAgent } from '../support/agents.ts'
import { call, callingWorkload, servedWorkload, startApplication, startMesh, strictMutualTls } from '../support/mesh.ts'
import { runCommand, temporaryFolder, until } from '../support/processes.ts'

const server = { name: 'server', ip: '127.0.45.11' }
const mounted = { name: 'mounted', ip: '127.0.45.12' }

async function run(t: TestContext, ...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runCommand(t, ...args)
  assert.equal(code, 0, stderr)
  return stdout
}

test('files that an administrator had issued make a workload of the mesh, and new ones are in use without a restart', async t => {
  await startApplication(t, 'server', server.ip, 19080)
  const mesh = await startMesh(
    t,
    {
      'server.yaml': servedWorkload(server.name, server.ip),
      'mounted.yaml': callingWorkload(mounted.name, mounted.ip),
      'strict.yaml': strictMutualTls,
    },
    [server],
  )
  const { data, ports } = mesh.daemon
  const out = path.join(temporaryFolder(t), 'certs')
  const issue = async (): Promise<{ identity: string; serialNumber: string; notAfter: string }> =>
    JSON.parse(
      await run(
        t,
        'ca',
        'issue',
        '--namespace',
        'test',
        '--service-account',
        mounted.name,
        '--out',
        out,
        '--ttl',
        '1h',
        '--data',
        data,
        '-o',
        'json',
      ),
    )
  const issued = await issue()
  assert.equal(issued.identity, 'spiffe://cluster.local/ns/test/sa/mounted')
  assert.equal(statSync(path.join(out, 'key.pem')).mode & 0o777, 0o600)
  const rootPem = readFileSync(path.join(out, 'root-cert.pem'), 'utf8')

  const place = {
    server: `127.0.0.1:${ports.secure}`,
    state: path.join(mesh.folder, 'state', 'mounted'),
    token: undefined,
  }
  launchAgent(t, mounted, { ...place, certificates: out })
  const through = () => call({ host: mounted.ip, port: 18081, headers: { host: 'server.test.internal' } })
  await until(async () => (await through()).status === 200, 20_000)
  assert.match(String((await through()).headers['x-caller']), /URI=spiffe:\/\/cluster\.local\/ns\/test\/sa\/mounted/)
  const serialInUse = async (): Promise<string> => (await call({ host: mounted.ip, port: 15000, path: '/certs' })).body
  assert.ok((await serialInUse()).includes(issued.serialNumber.toLowerCase()))

  const again = await issue()
  await until(async () => (await serialInUse()).includes(again.serialNumber.toLowerCase()), 10_000)
  assert.equal((await through()).status, 200)

  await t.test('the log says that an administrator had them made', async () => {
    const entries = JSON.parse(await run(t, 'ca', 'log', '--serial', again.serialNumber, '--data', data, '-o', 'json'))
    assert.ok(JSON.stringify(entries).includes('"evidence":"administrator"'), JSON.stringify(entries))
  })

  await t.test('the bundle is public, in both formats, and what the command prints', async () => {
    const get = (urlPath: string) => fetch(`http://127.0.0.1:${ports.http}${urlPath}`)
    const pem = await get('/v1/bundle.pem')
    assert.equal(await pem.text(), rootPem)
    assert.equal(await run(t, 'ca', 'bundle', '--data', data), rootPem)
    const spiffe = await get('/v1/bundle/spiffe')
    assert.equal(spiffe.headers.get('content-type'), 'application/json')
    const text = await spiffe.text()
    assert.equal(await run(t, 'ca', 'bundle', '--format', 'spiffe', '--data', data), text)
    const [key] = JSON.parse(text).keys
    assert.equal(key.x5c[0], rootPem.replaceAll(/-----[A-Z ]+-----|\n/g, ''))
    const tag = spiffe.headers.get('etag') ?? ''
    const unchanged = await fetch(`http://127.0.0.1:${ports.http}/v1/bundle/spiffe`, {
      headers: { 'if-none-match': tag },
    })
    assert.equal(unchanged.status, 304)
  })
})
