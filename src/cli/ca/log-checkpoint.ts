/** `meshwright ca log checkpoint`: a signed checkpoint of now, to be kept elsewhere. */

import type { Command } from 'commander'
import { managementClient } from '../management-client.ts'
import { type ManagementFlags, managementFrom, withManagement } from '../management-flags.ts'

export function addCheckpoint(log: Command): void {
  withManagement(log.command('checkpoint').description('print a signed checkpoint of the log, to be kept elsewhere'))
    .option('--key', "print the log's verifier key instead")
    .action(async (flags: ManagementFlags & { readonly key?: true }) => {
      const path = flags.key === true ? '/v1/log/key' : '/v1/log/checkpoint/now'
      process.stdout.write(await managementClient(managementFrom(flags).credential).get(path))
    })
}
