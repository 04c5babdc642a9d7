import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  call,
  callingWorkload,
  envoyStats,
  servedWorkload,
  startApplication,
  startMesh,
  strictMutualTls,
} from '../support/mesh.ts'
import { until } from '../support/processes.ts'

const servers = { one: '127.0.3.1', two: '127.0.3.2' }
const clients = { delta: '127.0.3.3', sotw: '127.0.3.4' }

/** Every host is on the same Envoy: what is tested is the way to it. */
const aliasOf = (name: string, host: string): string =>
  servedWorkload(name, servers.two)
    .split('---')[0]
    ?.replace(`${name}.test.internal`, host)
    .replace(`app: ${name}`, 'app: two') ?? ''

test('virtual hosts that are sent one at a time and whole route configurations behave alike', async t => {
  await startApplication(t, 'one', servers.one, 19080)
  await startApplication(t, 'two', servers.two, 19080)
  const mesh = await startMesh(
    t,
    {
      'one.yaml': servedWorkload('one', servers.one),
      'two.yaml': servedWorkload('two', servers.two),
      'delta.yaml': callingWorkload('delta', clients.delta),
      'sotw.yaml': callingWorkload('sotw', clients.sotw),
      'strict.yaml': strictMutualTls,
    },
    [
      { name: 'one', ip: servers.one },
      { name: 'two', ip: servers.two },
      { name: 'delta', ip: clients.delta, xds: 'delta' },
      { name: 'sotw', ip: clients.sotw, xds: 'sotw' },
    ],
  )
  const answers = async (host: string) =>
    Promise.all(
      Object.values(clients).map(async ip => {
        const { status, body } = await call({ host: ip, port: 18081, headers: { host } })
        return status === 200 ? body : String(status)
      }),
    )
  const bothSay = async (host: string, expected: string): Promise<void> => {
    await until(async () => (await answers(host)).every(answer => answer === expected), 5000).catch(async () => {
      assert.deepEqual(await answers(host), [expected, expected], host)
    })
  }

  await bothSay('one.test.internal', 'one')
  await bothSay('two.test.internal', 'two')
  await bothSay('two.test.internal:80', 'two')
  const unknown = await answers('nobody.test.internal')
  assert.equal(unknown[0], unknown[1], 'an unknown host is answered alike')

  mesh.put('late.yaml', aliasOf('late', 'late.test.internal'))
  await bothSay('late.test.internal', 'two')
  mesh.put('late.yaml', aliasOf('late', 'later.test.internal'))
  await bothSay('later.test.internal', 'two')
  await bothSay('late.test.internal', unknown[0] ?? '')
  mesh.remove('late.yaml')
  await bothSay('later.test.internal', unknown[0] ?? '')
  await bothSay('one.test.internal', 'one')

  for (const ip of Object.values(clients)) {
    const rejected = [...(await envoyStats(ip))].filter(
      ([name, value]) => name.endsWith('update_rejected') && value > 0,
    )
    assert.deepEqual(rejected, [], `nothing was refused at ${ip}`)
  }
})
