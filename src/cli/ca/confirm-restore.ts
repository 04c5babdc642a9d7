/** `meshwright ca confirm-restore`: certificates are issued again after a restore. */

import type { Command } from 'commander'
import { managementClient } from '../management-client.ts'
import { type ManagementFlags, managementFrom, withManagement } from '../management-flags.ts'

export function addConfirmRestore(ca: Command): void {
  withManagement(
    ca
      .command('confirm-restore')
      .description('issue certificates again after a restore, when what was revoked since the backup is revoked again'),
  ).action(async (flags: ManagementFlags) => {
    const answer = await managementClient(managementFrom(flags).credential).post('/v1/restore/confirm', {})
    process.stdout.write(flags.output === 'json' ? answer : 'certificates are issued\n')
  })
}
