/** `meshwright ca bundle`: the roots that workloads trust. */

import type { Command } from 'commander'
import { managementClient } from '../management-client.ts'
import { type ManagementFlags, managementFrom, withManagement } from '../management-flags.ts'

export function addBundle(ca: Command): void {
  withManagement(ca.command('bundle').description('print the roots that workloads trust, PEM')).action(
    async (flags: ManagementFlags) => {
      const { credential } = managementFrom(flags)
      process.stdout.write(await managementClient(credential).get('/v1/trust-bundle'))
    },
  )
}
