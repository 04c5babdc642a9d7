/** `meshwright access list`: every credential, also those that have ended. */

import type { Command } from 'commander'
import type { GrantView } from '../../admin/routes/access.ts'
import { managementClient } from '../management-client.ts'
import { type ManagementFlags, managementFrom, withManagement } from '../management-flags.ts'
import { formatTable } from '../table.ts'

export function addList(access: Command): void {
  withManagement(access.command('list').description('who has which role, and until when')).action(
    async (flags: ManagementFlags) => {
      const { credential, output } = managementFrom(flags)
      const answer = await managementClient(credential).get('/v1/access/grants')
      process.stdout.write(output === 'json' ? answer : grantTable(JSON.parse(answer) as GrantView[]))
    },
  )
}

function grantTable(grants: readonly GrantView[]): string {
  return formatTable(
    ['ID', 'NAME', 'ROLE', 'STATE', 'EXPIRES', 'MADE BY', 'IDENTITY'],
    grants.map(({ id, name, role, state, expiresAt, createdBy, identity = '' }) => [
      id,
      name,
      role,
      state,
      expiresAt,
      createdBy,
      identity,
    ]),
  )
}
