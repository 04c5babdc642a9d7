/** The token of an `authorization: Bearer …` field. */

import type { Caller } from './authenticator.ts'

export function bearerTokenOf({ metadata }: Caller): string | undefined {
  return /^bearer +(\S+)$/i.exec(metadata.authorization ?? '')?.[1]
}
