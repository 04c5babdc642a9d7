/** `meshwright token create`: prints the token alone, so that it can be piped into a file. */

import type { IssuedToken } from '../admin/daemon-view.ts'
import { parseTtlSeconds } from './duration.ts'
import { managementClient } from './management-client.ts'
import type { TokenFlags } from './program.ts'

export async function createToken(flags: TokenFlags): Promise<string> {
  const body = {
    namespace: flags.namespace,
    serviceAccount: flags.serviceAccount,
    ttlSeconds: parseTtlSeconds(flags.ttl),
  }
  const answer = await managementClient(flags.credential).post('/v1/tokens', body)
  return flags.output === 'json' ? answer : `${(JSON.parse(answer) as IssuedToken).token}\n`
}
