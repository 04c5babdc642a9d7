import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import { kinds } from '../../src/config/kinds/catalogue.ts'
import { createTestAuthority } from '../../src/grpc/testing/test-authority.ts'
import type { WorkloadSpec } from '../support/agents.ts'
import { envoyLog } from '../support/envoy-log.ts'
import { call, envoyStats, startMesh, type TestMesh } from '../support/mesh.ts'
import { temporaryFolder, until } from '../support/processes.ts'
import { proxyStatuses, unapplied } from '../support/proxy-status.ts'

const folder = path.join(import.meta.dirname, 'everything')
const workloads: readonly WorkloadSpec[] = [
  { name: 'server', ip: '127.0.16.1' },
  { name: 'client', ip: '127.0.16.2' },
  { name: 'old-client', ip: '127.0.16.3', xds: 'sotw' },
  { name: 'captured', ip: '127.0.16.4', interceptionMode: 'REDIRECT' },
]

/** The capturing ports are free ones: Envoy binds them on all addresses. */
const meshConfig = `
proxyListenPort: 21601
proxyInboundListenPort: 21606
proxyHttpPort: 21607
accessLogFile: /dev/null
accessLogEncoding: JSON
protocolDetectionTimeout: 0.5s
pathNormalization: { normalization: DECODE_AND_MERGE_SLASHES }
meshMTLS: { minProtocolVersion: TLSV1_2 }
trustDomainAliases: [old.example]
`

const changes = [
  { about: 'mutual TLS is demanded', settings: meshConfig, mode: 'STRICT' },
  { about: 'mutual TLS is switched off', settings: meshConfig, mode: 'DISABLE' },
  {
    about: 'policies are part of the listener, and nothing unknown is passed through',
    settings: `${meshConfig}\nmeshwright: { policyDelivery: INLINE }\noutboundTrafficPolicy: { mode: REGISTRY_ONLY }\n`,
    mode: 'PERMISSIVE',
  },
]

test('Envoys take everything that can be configured, refuse none of it, and have nothing to say about it', async t => {
  const files = await everything(t)
  const named = new Set(
    [
      ...Object.values(files)
        .join('\n')
        .matchAll(/^kind: (\w+)$/gm),
    ].map(([, kind]) => kind),
  )
  assert.deepEqual([...named].sort(), Object.keys(kinds).sort(), 'the files name every kind and no other')

  const mesh = await startMesh(t, { ...files, 'mark.yaml': mark(0) }, workloads, { meshConfig })
  await settled(mesh, 0)
  await assertClean(t, mesh)
  const held = new Set((await proxyStatuses(t, mesh.daemon.data)).flatMap(({ types }) => types.map(({ type }) => type)))
  assert.deepEqual(
    [...held].sort(),
    ['clusters', 'endpoints', 'extension-configs', 'listeners', 'routes', 'virtual-hosts'],
    'something of every type is in use',
  )
  const count = async (ip: string) => (await envoyStats(ip)).get('listener_manager.total_listeners_active') ?? 0
  const counts = await Promise.all(workloads.map(({ ip }) => count(ip)))
  assert.ok(
    counts.every((listeners, i) => listeners >= ([5, 10, 10, 20][i] ?? 0)),
    `listeners by proxy: ${counts}`,
  )

  for (const [i, { about, settings, mode }] of changes.entries()) {
    await t.test(about, async () => {
      mesh.putMeshConfig(settings)
      mesh.put('policies.yaml', (files['policies.yaml'] ?? '').replace('mode: PERMISSIVE', `mode: ${mode}`))
      mesh.put('mark.yaml', mark(i + 1))
      await settled(mesh, i + 1)
      await assertClean(t, mesh)
    })
  }

  await t.test('half of it is taken away', async () => {
    for (const file of ['policies.yaml', 'virtual-services.yaml', 'destination-rules.yaml']) mesh.remove(file)
    mesh.put('mark.yaml', mark(9))
    await settled(mesh, 9)
    await assertClean(t, mesh)
  })
})

async function everything(t: TestContext): Promise<Readonly<Record<string, string>>> {
  const pems = temporaryFolder(t)
  const authority = await createTestAuthority('Example')
  const { certPem, keyPem } = await authority.leaf({ dns: ['mutual.example'] })
  for (const [file, pem] of Object.entries({ ca: authority.rootPem, cert: certPem, key: keyPem }))
    writeFileSync(path.join(pems, `${file}.pem`), pem)
  return Object.fromEntries(
    readdirSync(folder).map(file => {
      const text = readFileSync(path.join(folder, file), 'utf8')
      // Envoy refuses a cluster whose file is not there.
      const usable = existsSync(systemRoots)
        ? text
        : text.replaceAll('caCertificates: system', 'caCertificates: FOLDER/ca.pem')
      return [file, usable.replaceAll('FOLDER', pems)]
    }),
  )
}

const systemRoots = '/etc/ssl/certs/ca-certificates.crt'

/** A service by which it can be seen how far an Envoy has come. */
const mark = (count: number): string => `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: mark, namespace: test }
spec:
  hosts: [mark-${count}.example]
  resolution: STATIC
  ports: [{ number: 80, name: http, protocol: HTTP }]
  endpoints: [{ address: 10.3.0.1 }]
`

/** Every Envoy that calls others knows the mark, and is ready with all listeners that it has. */
async function settled(mesh: TestMesh, count: number): Promise<void> {
  for (const { name, ip } of workloads) {
    await until(async () => {
      const stats = await envoyStats(ip)
      const knowsMark = name === 'server' || stats.has(`cluster.outbound|80||mark-${count}.example.upstream_cx_total`)
      return knowsMark && stats.get('listener_manager.total_listeners_warming') === 0
    }, 15_000).catch(async () => {
      const { stderr } = mesh.agent(name).output()
      assert.fail(
        `${name} does not get to mark ${count}:\n${stderr.slice(-3000)}\n${mesh.daemon.output().stderr.slice(-3000)}`,
      )
    })
  }
}

async function assertClean(t: TestContext, mesh: TestMesh): Promise<void> {
  const pending = async () => unapplied(await proxyStatuses(t, mesh.daemon.data))
  await until(async () => (await pending()).length === 0, 10_000).catch(async () =>
    assert.deepEqual(await pending(), []),
  )
  const proxies = await proxyStatuses(t, mesh.daemon.data)
  assert.equal(proxies.length, workloads.length)
  const rejections = proxies.flatMap(({ types }) => types.flatMap(({ rejection }) => rejection?.message ?? []))
  assert.deepEqual(rejections, [])
  const { body } = await call({ host: '127.0.0.1', port: mesh.daemon.ports.http, path: '/metrics' })
  assert.match(body, /^meshwright_config_objects\{state="refused"\} 0$/m)
  for (const { name, ip } of workloads) {
    const stats = await envoyStats(ip)
    const refused = [...stats].filter(([stat, value]) => /update_rejected$|create_failure$/.test(stat) && value > 0)
    assert.deepEqual(refused, [], name)
    assert.equal(stats.get('runtime.deprecated_feature_use'), 0, name)
    assert.deepEqual(envoyLog(mesh.agent(name)), [], `the Envoy of ${name}`)
  }
}
