/** `meshwright status KIND NAME`: whether an object was taken, what contends with it, and which proxies hold it. */

import type { Command } from 'commander'
import type { ObjectStatusView } from '../../admin/status-view.ts'
import { configurationClient, kindCalled } from '../configuration/configuration-client.ts'
import { managementClient } from '../management-client.ts'
import { type ManagementFlags, managementFrom, withManagement } from '../management-flags.ts'
import { formatStatus } from './format-status.ts'
import { objectPath } from './object-path.ts'

export function addObjectStatus(program: Command): void {
  withManagement(
    program
      .command('status')
      .description('whether an object was taken, what contends with it, and which proxies hold it')
      .argument('<kind>', 'kind, plural or short name')
      .argument('<name>', 'its name')
      .option('-n, --namespace <name>', 'its namespace; - for kinds without', 'default'),
  ).action(async (word: string, name: string, flags: ManagementFlags & { readonly namespace: string }) => {
    const { credential, output } = managementFrom(flags)
    const client = managementClient(credential)
    const { kind } = kindCalled(await configurationClient(client).kinds(), word)
    const text = await client.get(objectPath(kind, flags.namespace, name))
    const title = `${kind} ${flags.namespace}/${name}`
    process.stdout.write(output === 'json' ? text : formatStatus(title, JSON.parse(text) as ObjectStatusView))
  })
}
