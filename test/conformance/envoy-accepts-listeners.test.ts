/** Listeners, routes and policies of every golden case in front of Envoy's own checks. */

import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { extensionConfigsKind } from '../../src/translate/extension-configs/kind.ts'
import { inboundListenersKind } from '../../src/translate/listeners/inbound/kind.ts'
import { outboundListenersKind } from '../../src/translate/listeners/outbound/kind.ts'
import type { Json } from '../../src/translate/message-json.ts'
import type { AnyResourceKind } from '../../src/translate/resource-kind.ts'
import { routesKind } from '../../src/translate/routes/kind.ts'
import { virtualHostsKind } from '../../src/translate/virtual-hosts/kind.ts'
import { readGoldenInput } from '../support/golden.ts'
import { translatedOutputs } from '../support/translate-golden.ts'
import { httpListener, rbacHttpFilters, tcpListener, validateEnvoy } from './static-envoy.ts'

type JsonRecord = { readonly [key: string]: Json }

const translate = path.join(import.meta.dirname, '../../src/translate')
const folders = ['listeners/outbound', 'listeners/inbound', 'routes', 'virtual-hosts', 'extension-configs']
let directory = ''

before(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'meshwright-envoy-'))
})
after(() => rmSync(directory, { recursive: true, force: true }))

test('Envoy accepts the listeners of every golden case, without a word about deprecation', async () => {
  // Of several cases in one Envoy no two may have one address.
  const listeners = ofEveryCase([outboundListenersKind, inboundListenersKind]).map((listener, i) => ({
    ...listener,
    address: { socketAddress: { address: '127.0.0.1', portValue: 20_000 + i } },
  }))
  assert.ok(listeners.length > 50, `only ${listeners.length} listeners`)
  await accepted(listeners)
})

test('Envoy accepts the routes of every golden case, whole or one host at a time', async () => {
  const routes = ofEveryCase([routesKind], 'sotw')
  assert.ok(routes.length > 10, `only ${routes.length} route configurations`)
  const hosts = ofEveryCase([virtualHostsKind], 'delta').map(host => ({
    name: host.name,
    virtualHosts: [host],
    validateClusters: false,
  }))
  assert.ok(hosts.length > 10, `only ${hosts.length} virtual hosts`)
  await accepted([...routes, ...hosts].map((route, i) => httpListener(20_000 + i, route, [])))
})

test('Envoy accepts the policies of every golden case, for HTTP and for TCP', async () => {
  const configs = ofEveryCase([extensionConfigsKind])
  assert.ok(configs.length > 50, `only ${configs.length} filters`)
  const filters = configs.map(({ name, typedConfig }) => ({ name: name ?? '', typedConfig: typedConfig ?? {} }))
  const isHttp = (filter: { readonly typedConfig: Json }): boolean =>
    JSON.stringify(filter).includes('filters.http.rbac')
  await accepted([
    httpListener(20_000, { name: 'none' }, filters.filter(isHttp)),
    tcpListener(
      20_001,
      filters.filter(filter => !isHttp(filter)),
    ),
  ])
})

test('these checks see what Envoy refuses, and what it calls deprecated', async () => {
  const refused = await validateEnvoy(directory, [
    httpListener(20_000, { name: 'x', virtualHosts: [{ name: 'no-domain' }] }, []),
  ])
  assert.notEqual(refused.status, 0)
  const metadata = { filter: 'a', path: [{ key: 'b' }], value: { stringMatch: { exact: 'c' } } }
  const filter = rbacHttpFilters([{ permissions: [{ any: true }], principals: [{ metadata }] }])
  assert.match((await validateEnvoy(directory, [httpListener(20_000, { name: 'x' }, filter)])).log, /deprecat/i)
})

async function accepted(listeners: readonly unknown[]): Promise<void> {
  const { status, log } = await validateEnvoy(directory, listeners)
  assert.equal(status, 0, log)
  assert.doesNotMatch(log, /deprecat/i)
}

function ofEveryCase(kinds: readonly AnyResourceKind[], variant?: 'delta' | 'sotw'): readonly JsonRecord[] {
  return folders.flatMap(folder => {
    const cases = path.join(translate, folder, 'testdata')
    return readdirSync(cases).flatMap(name => {
      const input = readGoldenInput(path.join(cases, name))
      const proxy = variant === undefined ? input.proxy : { ...input.proxy, variant }
      const { found } = translatedOutputs({ ...input, proxy }, { found: kinds })
      // Names are unique within a case only.
      return (found as readonly JsonRecord[]).map(one => ({ ...one, name: `${folder}/${name}/${String(one.name)}` }))
    })
  })
}
