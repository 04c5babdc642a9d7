/** `meshwright proxy-config NODE [TYPE]`: what a connected proxy was given, as tables that can be read or as JSON. */

import type { NamedResource } from '../admin/daemon-view.ts'
import { typesFor } from '../platform/resource-types.ts'
import { managementClient } from './management-client.ts'
import type { ProxyConfigFlags } from './program.ts'
import { formatResources } from './resource-tables.ts'

export async function proxyConfig(flags: ProxyConfigFlags): Promise<string> {
  const client = managementClient(flags.credential)
  const byType: Record<string, NamedResource[]> = {}
  for (const type of typesFor(flags.type)) {
    const answer = await client.get(`/v1/proxies/${encodeURIComponent(flags.node)}/resources/${type}`)
    byType[type] = JSON.parse(answer) as NamedResource[]
  }
  return flags.output === 'json' ? `${JSON.stringify(byType, undefined, 2)}\n` : formatResources(byType)
}
