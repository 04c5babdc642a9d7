/**
 * A caller that bears a join token becomes the workload which the token names. That the token is spent on one key only
 * is looked at in the gate, where the key is known.
 */

import { errorFrom } from '../../platform/errors.ts'
import { joinTokenPrefix } from '../../platform/join-token.ts'
import { prove } from '../certificates/identity-proof.ts'
import type { JoinTokens } from '../join-tokens.ts'
import type { Authenticator, Caller, Verdict } from './authenticator.ts'
import { bearerTokenOf } from './bearer-token.ts'

export function joinTokenAuthenticator(tokens: JoinTokens): Authenticator {
  return { name: 'join token', authenticate: caller => verdictOn(caller, tokens) }
}

function verdictOn(caller: Caller, tokens: JoinTokens): Verdict {
  const token = bearerTokenOf(caller)
  if (token === undefined) return { kind: 'absent' }
  if (!token.startsWith(`${joinTokenPrefix}.`)) return { kind: 'refused', reason: 'the bearer token is no join token' }
  if (caller.peer.transport === 'plaintext') return { kind: 'refused', reason: 'it came in clear text' }
  try {
    const { id, identity } = tokens.verify(token)
    const evidence = { kind: 'join-token', tokenId: id } as const
    return { kind: 'proved', proof: prove({ kind: 'workload', identity, evidence, peerAddress: caller.peer.address }) }
  } catch (thrown) {
    return { kind: 'refused', reason: errorFrom(thrown).message }
  }
}
