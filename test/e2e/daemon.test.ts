import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import { test } from 'node:test'
import { runCommand, start, startDaemon, temporaryFolder, until } from '../support/processes.ts'

const service = (name: string): string => `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: ${name}, namespace: shop }
spec:
  hosts: [${name}.shop.internal]
  location: MESH_INTERNAL
  resolution: STATIC
  ports: [{ number: 80, name: http, protocol: HTTP }]
  endpoints: [{ address: 10.0.0.1 }]
`

function folders(t: Parameters<typeof temporaryFolder>[0]): { config: string; data: string } {
  const folder = temporaryFolder(t)
  mkdirSync(path.join(folder, 'config'))
  return { config: path.join(folder, 'config'), data: path.join(folder, 'data') }
}

test('port 0 takes free ports, ports.json names them, a restart takes the same, and SIGTERM ends it with 0', async t => {
  const where = folders(t)
  const first = await startDaemon(t, where)
  assert.equal((await fetch(`http://127.0.0.1:${first.ports.http}/ready`)).status, 200)
  first.child.kill('SIGTERM')
  assert.equal((await first.ended).code, 0)
  const second = await startDaemon(t, where)
  assert.deepEqual(second.ports, first.ports)
})

test('a second daemon on the same data directory fails with one clear error, also after the first was killed and replaced', async t => {
  const where = folders(t)
  const first = await startDaemon(t, where)
  const refused = await runCommand(
    t,
    'serve',
    '--config',
    where.config,
    '--data',
    where.data,
    '--secure-address',
    '127.0.0.1:0',
  )
  assert.equal(refused.code, 1)
  assert.match(refused.stderr, /error DATABASE_IN_USE: /)
  first.child.kill('SIGKILL')
  await first.ended
  const second = await startDaemon(t, where)
  assert.equal((await fetch(`http://127.0.0.1:${second.ports.http}/healthz`)).status, 200)
})

test('a port in use is one clear error', async t => {
  const where = folders(t)
  const taken = net.createServer()
  await new Promise<void>(resolve => taken.listen(0, '127.0.0.1', resolve))
  t.after(() => taken.close())
  const address = `127.0.0.1:${(taken.address() as net.AddressInfo).port}`
  for (const flag of ['--secure-address', '--http-address', '--management-address']) {
    const others = ['--secure-address', '--http-address', '--management-address']
      .filter(other => other !== flag)
      .flatMap(other => [other, '127.0.0.1:0'])
    const { code, stderr } = await runCommand(t, 'serve', '--data', where.data, flag, address, ...others)
    assert.equal(code, 1, flag)
    assert.match(stderr, new RegExp(`error [A-Z_]+: .*${address}`), flag)
  }
})

test('a damaged database is one clear error, and the file is left as it is', async t => {
  const where = folders(t)
  mkdirSync(where.data, { mode: 0o700 })
  const file = path.join(where.data, 'meshwright.db')
  writeFileSync(file, 'this is no database, and long enough to be read as a header of one '.repeat(100))
  const { code, stderr } = await runCommand(t, 'serve', '--data', where.data, '--secure-address', '127.0.0.1:0')
  assert.equal(code, 1)
  assert.match(stderr, /error DATABASE_CORRUPT: /)
  assert.match(readFileSync(file, 'utf8'), /^this is no database/)
})

test('a configuration folder that is none is one clear error', async t => {
  const where = folders(t)
  const file = path.join(where.config, 'a-file')
  writeFileSync(file, '')
  const { code, stderr } = await runCommand(
    t,
    ...['serve', '--config', file, '--data', where.data, '--secure-address', '127.0.0.1:0'],
    ...['--http-address', '127.0.0.1:0', '--management-address', '127.0.0.1:0'],
  )
  assert.equal(code, 1)
  assert.match(stderr, /error CONFIG_DIRECTORY_UNREADABLE: .*a-file is not a folder/)
})

test('an invalid object is refused with its place while the rest and its last good version stay in force', async t => {
  const where = folders(t)
  const file = path.join(where.config, 'services.yaml')
  writeFileSync(file, `${service('a')}---${service('b')}`)
  const daemon = await startDaemon(t, where)
  const put = (text: string): void => {
    writeFileSync(`${file}.new`, text)
    renameSync(`${file}.new`, file)
  }
  put(`${service('a').replace('STATIC', 'SOMEHOW')}---${service('b')}---${service('c')}`)
  const translated = async (): Promise<string> => (await fetch(`http://127.0.0.1:${daemon.ports.http}/metrics`)).text()
  await until(async () => (await translated()).includes('pilot_services 3'), 5000)
  assert.match(daemon.output().stderr, /services\.yaml:8:15/)
  assert.match(await translated(), /meshwright_config_objects\{state="refused"\} 1/)
})

test('the admin credential and the data are for their owner alone', async t => {
  const where = folders(t)
  await startDaemon(t, where)
  for (const name of ['admin-credential.json', 'meshwright.db']) {
    assert.equal(statSync(path.join(where.data, name)).mode & 0o077, 0, name)
  }
  assert.equal(statSync(where.data).mode & 0o077, 0)
  const token = await runCommand(
    t,
    'token',
    'create',
    '--namespace',
    'shop',
    '--service-account',
    'a',
    '--data',
    where.data,
  )
  assert.match(token.stdout, /^mwj1\./)
})

test('every option says where its value came from', async t => {
  const { stdout } = await start(t, ['serve', '--print-options', '--data', '/somewhere'], {
    MESHWRIGHT_LOG_LEVEL: 'warn',
  }).ended
  assert.match(stdout, /^data: "\/somewhere" {2}\(flag --data\)$/m)
  assert.match(stdout, /^logLevel: "warn" {2}\(environment MESHWRIGHT_LOG_LEVEL\)$/m)
})
