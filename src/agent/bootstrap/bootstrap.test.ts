import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { cachedEnvoyPath, defaultEnvoyCache } from '../envoy/install.ts'
import { locateEnvoy } from '../envoy/locate.ts'
import { type BootstrapInput, bootstrapFor } from './bootstrap.ts'

const input: BootstrapInput = {
  workload: {
    namespace: 'photo',
    serviceAccount: 'web',
    workloadName: 'web-1',
    ips: ['127.0.1.1', '::1'],
    labels: { version: 'v1', app: 'web' },
    interceptionMode: 'NONE',
    clusterId: 'Kubernetes',
    network: '',
    locality: { region: 'r', zone: 'z', subZone: 's' },
    unprivileged: true,
    agentVersion: '0.1.0',
    extraMetadata: { HTTP_PROXY_PORT: '15007' },
    healthPort: 15021,
    prometheusPort: 15090,
  },
  xdsVariant: 'delta',
  xdsSocket: '/run/agent/xds.sock',
  sdsSocket: '/run/agent/sds.sock',
  admin: { host: '127.0.1.1', port: 15000 },
  status: { host: '127.0.1.1', port: 15020 },
  health: { host: '127.0.1.1', port: 15021 },
  prometheus: { host: '127.0.1.1', port: 15090 },
  maxDownstreamConnections: 100_000,
}

const golden = new URL('testdata/bootstrap.json', import.meta.url)

test('the bootstrap of a workload without redirection is the golden one', async () => {
  const text = `${JSON.stringify(bootstrapFor(input), undefined, 2)}\n`
  if (process.env.UPDATE_GOLDENS === '1') await writeFile(golden, text)
  assert.equal(text, await readFile(golden, 'utf8'))
})

test('nothing binds a wildcard address, and what is switched off is not there', () => {
  const bootstrap = JSON.stringify(bootstrapFor({ ...input, health: undefined, prometheus: undefined }))
  assert.ok(!bootstrap.includes('0.0.0.0'))
  assert.ok(bootstrap.includes('"listeners":[]'))
})

test('Envoy accepts the bootstrap in both variants without one warning', async t => {
  const envoy = await locateEnvoy({
    envoyPath: process.env.ENVOY_PATH,
    cacheDirectory: defaultEnvoyCache(process.env),
    environment: process.env,
  })
  if (envoy === undefined) return t.skip(`no Envoy in ${cachedEnvoyPath(defaultEnvoyCache(process.env))}`)
  const folder = await mkdtemp(path.join(os.tmpdir(), 'meshwright-bootstrap-'))
  try {
    for (const xdsVariant of ['delta', 'sotw'] as const) {
      const file = path.join(folder, `${xdsVariant}.json`)
      await writeFile(file, JSON.stringify(bootstrapFor({ ...input, xdsVariant })))
      const args = ['--mode', 'validate', '--use-dynamic-base-id', '--log-level', 'warning', '-c', file]
      const { stdout, stderr }: { stdout: string; stderr: string } = await promisify(execFile)(envoy.path, args)
      assert.match(stdout, /configuration .* OK/)
      assert.equal(stderr, '')
    }
  } finally {
    await rm(folder, { recursive: true })
  }
})
