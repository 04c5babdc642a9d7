import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import path from 'node:path'
import { describe, test } from 'node:test'
import { readGoldenInput } from '../../../test/support/golden.ts'
import { translatedOutputs } from '../../../test/support/translate-golden.ts'
import { routesKind } from '../routes/kind.ts'
import { virtualHostsKind } from './kind.ts'

interface Host {
  readonly name: string
}

interface Route {
  readonly name: string
  readonly virtualHosts: readonly Host[]
  readonly vhds?: unknown
}

describe('virtual hosts that are pushed one at a time', () => {
  for (const kind of ['routes', 'virtual-hosts']) {
    const folder = path.join(import.meta.dirname, '..', kind, 'testdata')
    for (const name of readdirSync(folder)) {
      test(`are those of the whole route configurations: ${name.replaceAll('-', ' ')}`, () => {
        const input = readGoldenInput(path.join(folder, name))
        const kinds = { routes: [routesKind], hosts: [virtualHostsKind] }
        const delta = translatedOutputs({ ...input, proxy: { ...input.proxy, variant: 'delta' } }, kinds)
        const sotw = translatedOutputs({ ...input, proxy: { ...input.proxy, variant: 'sotw' } }, kinds)
        assert.deepEqual(sotw.hosts, [])
        assert.deepEqual(
          assembled(delta.routes as Route[], delta.hosts as Host[]),
          assembled(sotw.routes as Route[], []),
        )
      })
    }
  }
})

/** What Envoy makes of both: each route configuration's hosts by name, without the prefix of those pushed. */
function assembled(routes: readonly Route[], pushed: readonly Host[]): unknown {
  return routes.map(({ vhds, ...route }) => {
    const own = pushed
      .filter(host => host.name.slice(0, host.name.lastIndexOf('/')) === route.name)
      .map(host => ({ ...host, name: host.name.slice(route.name.length + 1) }))
    assert.equal(
      own.length > 0,
      vhds !== undefined,
      'a route configuration waits for hosts that are pushed, and only then',
    )
    const hosts = [...route.virtualHosts, ...own].sort((a, b) => (a.name < b.name ? -1 : 1))
    return { ...route, virtualHosts: hosts }
  })
}
