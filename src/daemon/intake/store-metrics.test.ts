import assert from 'node:assert/strict'
import https from 'node:https'
import { test } from 'node:test'
import { managementCaller } from '../testing/management-caller.ts'
import { runDaemon } from '../testing/running-daemon.ts'

test('the metrics of the store tell objects, revisions, writes, refusals and watches as they are', async t => {
  const daemon = await runDaemon()
  t.after(() => daemon.stop())
  const { call, local } = managementCaller(daemon.data)
  const metrics = async (): Promise<ReadonlyMap<string, number>> => {
    const text = await (await fetch(`http://127.0.0.1:${daemon.ports.http}/metrics`)).text()
    const lines = text.split('\n').filter(line => /^meshwright_(?:store|watches)/.test(line))
    return new Map(lines.map(line => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]))
  }
  const collection = '/api/v1/namespaces/shop/services'
  const service = (name: string, port: number): object => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name },
    spec: { ports: [{ port }] },
  })
  const before = await metrics()
  assert.equal(before.get('meshwright_store_history_versions'), 0)
  for (const [name, port] of [
    ['a', 1],
    ['b', 2],
    ['a', 1],
    ['c', 99_999],
  ] as const) {
    await call('POST', collection, { body: service(name, port) })
  }
  await call('PUT', `${collection}/a`, { body: service('a', 3) })
  await call('POST', `${collection}?dryRun=All`, { body: service('d', 4) })
  await call('DELETE', `${collection}/b`)
  const after = await metrics()
  assert.deepEqual(
    [
      'meshwright_store_objects{kind="Service",source="store"}',
      'meshwright_store_revision',
      'meshwright_store_oldest_revision',
      'meshwright_store_history_versions',
      'meshwright_store_apply_seconds_count',
      'meshwright_store_refused_total{reason="REVISION_CONFLICT"}',
      'meshwright_store_refused_total{reason="CONFIG_INVALID"}',
      'meshwright_store_compactions_total',
      'meshwright_watches',
    ].map(name => after.get(name)),
    [1, 4, 0, 4, 4, 1, 1, 0, 0],
  )
  const watch = https.get(`https://${local.address}${collection}?watch=1`, {
    ca: local.rootPem,
    servername: 'localhost',
    agent: false,
    headers: { authorization: `Bearer ${local.token}` },
  })
  await new Promise(resolve => watch.on('response', response => response.once('data', resolve)))
  assert.equal((await metrics()).get('meshwright_watches'), 1)
  watch.destroy()
  while ((await metrics()).get('meshwright_watches') !== 0);
})
