/**
 * The authority's tables. A migration that has been released never changes; a new one is added behind it, with the next
 * number of the whole database (src/daemon/database-schema.ts).
 */

import type { Migration } from '../platform/database/database.ts'
import { certificateAuthoritySchema } from './schema/0001-certificate-authority.ts'
import { logSchema } from './schema/0002-log.ts'
import { trustSchema } from './schema/0003-trust.ts'
import { revocationSchema } from './schema/0004-revocation.ts'
import { callersSchema } from './schema/0005-callers.ts'
import { custodySchema } from './schema/0007-custody.ts'
import { forgottenSchema } from './schema/0008-forgotten.ts'

export const caMigrations: readonly Migration[] = [
  certificateAuthoritySchema,
  logSchema,
  trustSchema,
  revocationSchema,
  callersSchema,
  custodySchema,
  forgottenSchema,
]
