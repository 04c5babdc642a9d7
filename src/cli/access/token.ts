/** `meshwright access token`: makes a token. Prints it alone, so that it can be piped, or writes a credential file. */

import path from 'node:path'
import type { Command } from 'commander'
import { readCredential } from '../../admin/credential.ts'
import { writeFileAtomically } from '../../platform/files.ts'
import { managementClient } from '../management-client.ts'
import { type ManagementFlags, managementFrom, withManagement } from '../management-flags.ts'
import { grantRequest, type RoleFlags, withRole } from './role-flags.ts'

interface TokenFlags extends ManagementFlags, RoleFlags {
  readonly out?: string
}

export function addToken(access: Command): void {
  withManagement(withRole(access.command('token').description('make a token with a role')))
    .option('--out <file>', 'write a credential file (0600) for --credential and `context add` instead of printing')
    .action(createToken)
}

async function createToken(flags: TokenFlags): Promise<void> {
  const { credential, output } = managementFrom(flags)
  const answer = await managementClient(credential).post('/v1/access/tokens', grantRequest(flags))
  const { token, grant } = JSON.parse(answer) as {
    token: string
    grant: { id: string; role: string; expiresAt: string }
  }
  if (flags.out === undefined) {
    process.stdout.write(output === 'json' ? answer : `${token}\n`)
    return
  }
  const { address, rootPem } = readCredential(credential)
  writeFileAtomically(flags.out, `${JSON.stringify({ address, rootPem, token }, undefined, 2)}\n`, 0o600)
  process.stdout.write(`${path.resolve(flags.out)}: ${grant.id}, ${grant.role}, until ${grant.expiresAt}\n`)
}
