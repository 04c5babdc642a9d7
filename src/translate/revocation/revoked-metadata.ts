/** The list of revoked certificates as metadata of an endpoint, where `peerIsListedAtEndpoint` finds it. */

import type { Plain } from '../envoy-messages.ts'
import { structFrom } from '../well-known.ts'
import { digestsField, revokedMetadataKey } from './revoked-condition.ts'

/** Part of `filter_metadata`. */
export function revokedMetadata(digests: readonly string[]): Plain {
  return { [revokedMetadataKey]: structFrom({ [digestsField]: digests }) }
}
