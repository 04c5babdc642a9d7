/** `meshwright access identity`: gives a role to whoever proves a SPIFFE identity with a certificate of the mesh. */

import type { Command } from 'commander'
import type { GrantView } from '../../admin/routes/access.ts'
import { managementClient } from '../management-client.ts'
import { type ManagementFlags, managementFrom, withManagement } from '../management-flags.ts'
import { grantRequest, type RoleFlags, withRole } from './role-flags.ts'

interface IdentityFlags extends ManagementFlags, RoleFlags {
  readonly identity: string
}

export function addIdentity(access: Command): void {
  withManagement(
    withRole(access.command('identity').description('give a role to client certificates of a SPIFFE identity')),
  )
    .requiredOption('--identity <spiffe-id>', 'spiffe://TRUST-DOMAIN/ns/NAMESPACE/sa/SERVICE-ACCOUNT')
    .action(async (flags: IdentityFlags) => {
      const { credential, output } = managementFrom(flags)
      const body = { ...grantRequest(flags), identity: flags.identity }
      const answer = await managementClient(credential).post('/v1/access/identities', body)
      const { grant } = JSON.parse(answer) as { grant: GrantView }
      process.stdout.write(output === 'json' ? answer : `${grant.id}: ${grant.role}, until ${grant.expiresAt}\n`)
    })
}
