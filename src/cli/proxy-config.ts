/** `meshwright proxy-config NODE [TYPE]`: what a connected proxy was given, as tables that can be read or as JSON. */

import type { NamedResource } from '../admin/daemon-view.ts'
import type { ExplanationView } from '../admin/status-view.ts'
import { typesFor } from '../platform/resource-types.ts'
import { type ManagementClient, managementClient } from './management-client.ts'
import type { ProxyConfigFlags } from './program.ts'
import { formatResources } from './resource-tables.ts'
import { formatExplanation } from './status/format-explanation.ts'

export async function proxyConfig(flags: ProxyConfigFlags): Promise<string> {
  const client = managementClient(flags.credential)
  if (flags.show === 'sources') return sourcesOf(client, flags)
  const byType: Record<string, NamedResource[]> = {}
  for (const type of typesFor(flags.type)) {
    const answer = await client.get(`/v1/proxies/${encodeURIComponent(flags.node)}/resources/${type}`)
    const all = JSON.parse(answer) as NamedResource[]
    byType[type] = all.filter(({ name }) => flags.resource === undefined || name === flags.resource)
  }
  return flags.output === 'json' ? `${JSON.stringify(byType, undefined, 2)}\n` : formatResources(byType)
}

async function sourcesOf(client: ManagementClient, flags: ProxyConfigFlags): Promise<string> {
  const byType: Record<string, ExplanationView> = {}
  const query = flags.resource === undefined ? '' : `?name=${encodeURIComponent(flags.resource)}`
  for (const type of typesFor(flags.type)) {
    const path = `/v1/proxies/${encodeURIComponent(flags.node)}/resources/${type}/why${query}`
    byType[type] = JSON.parse(await client.get(path, { timeoutMs: 120_000 })) as ExplanationView
  }
  if (flags.output === 'json') return `${JSON.stringify(byType, undefined, 2)}\n`
  const text = Object.entries(byType).map(([type, explanation]) => formatExplanation(type, explanation))
  return text.filter(part => part !== '').join('\n') || 'nothing\n'
}
