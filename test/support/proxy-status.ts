/** What the daemon says about the proxies connected to it, by `meshwright get proxies`. */

import type { TestContext } from 'node:test'
import type { ProxyStatus, ProxyTypeStatus } from '../../src/admin/daemon-view.ts'
import { runCommand } from './processes.ts'

export async function proxyStatuses(t: TestContext, data: string): Promise<readonly ProxyStatus[]> {
  const { code, stdout, stderr } = await runCommand(t, 'get', 'proxies', '-o', 'json', '--data', data)
  if (code !== 0) throw new Error(`get proxies ended with ${code}:\n${stderr}`)
  return JSON.parse(stdout) as readonly ProxyStatus[]
}

/** `PROXY.NAMESPACE type: words` of each type that a proxy has not applied. */
export function unapplied(proxies: readonly ProxyStatus[]): readonly string[] {
  return proxies.flatMap(({ node, types }) =>
    types.filter(({ state }) => state !== 'applied').map(type => `${node.split('~')[2]} ${describeType(type)}`),
  )
}

const describeType = ({ type, state, rejection }: ProxyTypeStatus): string =>
  `${type} ${state}${rejection === undefined ? '' : `: ${rejection.message}`}`
