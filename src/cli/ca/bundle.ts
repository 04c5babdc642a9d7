/** `meshwright ca bundle`: the roots that workloads trust. */

import { type Command, Option } from 'commander'
import { managementClient } from '../management-client.ts'
import { type ManagementFlags, managementFrom, withManagement } from '../management-flags.ts'

export function addBundle(ca: Command): void {
  withManagement(ca.command('bundle').description('print the roots that workloads trust'))
    .addOption(
      new Option('--format <format>', 'PEM certificates, or a SPIFFE bundle').choices(['pem', 'spiffe']).default('pem'),
    )
    .action(async (flags: ManagementFlags & { format: 'pem' | 'spiffe' }) => {
      const { credential } = managementFrom(flags)
      process.stdout.write(await managementClient(credential).get(`/v1/trust-bundle?format=${flags.format}`))
    })
}
