/** `meshwright access …`: who may use the management API. A file for each subcommand. */

import type { Command } from 'commander'
import { addAudit } from './audit.ts'
import { addIdentity } from './identity.ts'
import { addKubeconfig } from './kubeconfig.ts'
import { addList } from './list.ts'
import { addRecover } from './recover.ts'
import { addRevoke } from './revoke.ts'
import { addToken } from './token.ts'

export function addAccess(program: Command): void {
  const access = program.command('access').description('credentials of the management API and what was done with them')
  for (const add of [addToken, addIdentity, addList, addRevoke, addRecover, addKubeconfig, addAudit]) add(access)
}
