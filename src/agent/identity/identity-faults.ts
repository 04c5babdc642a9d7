/** Why a workload has no certificate, as its operator is told. */

import { MeshwrightError } from '../../platform/errors.ts'
import type { SpiffeId } from '../../platform/spiffe.ts'

export function noCredential(reason: string): MeshwrightError {
  return new MeshwrightError('AGENT_NO_CREDENTIAL', {
    message: `there is no valid certificate on disk and ${reason}`,
    remedy: 'Make a join token with `meshwright token create` and start the agent with it.',
  })
}

export function refused(error: unknown): MeshwrightError {
  return new MeshwrightError('AGENT_CERTIFICATE_REFUSED', {
    message: `no certificate was issued: ${(error as Error).message}`,
    remedy: 'Make a new join token with `meshwright token create`; a token is good for one key and a limited time.',
    cause: error,
  })
}

export function otherIdentity(found: SpiffeId, wanted: SpiffeId): MeshwrightError {
  return new MeshwrightError('AGENT_CERTIFICATE_INVALID', {
    message: `the authority issued ${found.uri}, asked for was ${wanted.uri}`,
  })
}
