/** `meshwright access revoke`: ends a credential; the next request with it is refused. */

import type { Command } from 'commander'
import type { GrantView } from '../../admin/routes/access.ts'
import { managementClient } from '../management-client.ts'
import { type ManagementFlags, managementFrom, withManagement } from '../management-flags.ts'

export function addRevoke(access: Command): void {
  withManagement(
    access.command('revoke').description('end a credential at once').argument('<id>', 'as `access list` shows it'),
  ).action(async (id: string, flags: ManagementFlags) => {
    const { credential, output } = managementFrom(flags)
    const answer = await managementClient(credential).remove(`/v1/access/grants/${encodeURIComponent(id)}`)
    const { grant } = JSON.parse(answer) as { grant: GrantView }
    process.stdout.write(output === 'json' ? answer : `${grant.id} (${grant.name}) is revoked\n`)
  })
}
