/** SIGKILL of the daemon under constant load: traffic does not notice, agents come back, identities and root are the same. */

import type { ProxyStatus } from '../../../src/admin/daemon-view.ts'
import { startLoad } from '../support/load.ts'
import type { PhotoMesh } from '../support/mesh.ts'
import { timeUntil } from '../support/request.ts'
import { page, workloads } from '../support/workloads.ts'
import type { Check } from './check.ts'

export const daemonKilled: Check = {
  name: 'daemon SIGKILLed and restarted under load',
  expected: 'no request fails, agents reconnect, same identities',
  async run(mesh) {
    const before = await connected(mesh)
    const starts = mesh.daemon.starts()
    const load = startLoad({ ...page, path: '/trace' }, 100)
    mesh.daemon.kill('SIGKILL')
    const tookMs = await timeUntil(
      20_000,
      async () => mesh.daemon.starts() > starts && sameIdentities(before, await connected(mesh)),
    )
    await new Promise(resolve => setTimeout(resolve, 1000))
    const { sent, failed, reasons } = await load.stop()
    const back = tookMs === undefined ? 'not all agents came back' : `${workloads.length} agents back, same identities`
    return {
      passed: tookMs !== undefined && failed === 0,
      happened: `${back}, ${failed} of ${sent} failed ${reasons.join('; ')}`,
      ...(tookMs === undefined ? {} : { tookMs }),
    }
  },
}

/** Node → identity; empty while the daemon does not answer. The command trusts the root of the first start alone. */
async function connected(mesh: PhotoMesh): Promise<ReadonlyMap<string, string>> {
  try {
    const proxies = JSON.parse(await mesh.command('get', 'proxies', '-o', 'json')) as ProxyStatus[]
    return new Map(proxies.map(proxy => [proxy.node, proxy.identity]))
  } catch {
    return new Map()
  }
}

function sameIdentities(before: ReadonlyMap<string, string>, now: ReadonlyMap<string, string>): boolean {
  return (
    before.size === workloads.length &&
    now.size === before.size &&
    [...before].every(([node, identity]) => now.get(node) === identity)
  )
}
