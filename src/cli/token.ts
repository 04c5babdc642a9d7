/** `meshwright token list` and `token revoke`; `token create` is in create-token.ts. */

import type { Command } from 'commander'
import type { TokenStatus } from '../admin/daemon-view.ts'
import { joinTokenPrefix, parseJoinToken } from '../platform/join-token.ts'
import { managementClient } from './management-client.ts'
import { type ManagementFlags, managementFrom, withManagement } from './management-flags.ts'
import { formatTable } from './table.ts'

export function addTokenList(token: Command): void {
  withManagement(
    token.command('list').description('join tokens that have not expired, and how often they were used'),
  ).action(async (flags: ManagementFlags) => {
    const { credential, output } = managementFrom(flags)
    const answer = await managementClient(credential).get('/v1/tokens')
    const { tokens } = JSON.parse(answer) as { tokens: readonly TokenStatus[] }
    process.stdout.write(output === 'json' ? answer : formatTokens(tokens))
  })
}

export function addTokenRevoke(token: Command): void {
  withManagement(
    token
      .command('revoke')
      .description('end a join token; certificates that were made with it stay')
      .argument('<token>', 'its id, or the token itself'),
  ).action(async (text: string, flags: ManagementFlags) => {
    const { credential, output } = managementFrom(flags)
    // The secret stays where it is: the daemon needs the id alone.
    const id = text.startsWith(`${joinTokenPrefix}.`) ? parseJoinToken(text).claims.id : text
    const answer = await managementClient(credential).post('/v1/tokens/revoke', { id })
    process.stdout.write(output === 'json' ? answer : `join token ${id} revoked\n`)
  })
}

function formatTokens(tokens: readonly TokenStatus[]): string {
  const rows = tokens.map(({ id, identity, expiresAt, uses, used }) => [id, identity, expiresAt, `${used} of ${uses}`])
  return formatTable(['ID', 'IDENTITY', 'EXPIRES', 'USED'], rows)
}
