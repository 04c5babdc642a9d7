/** What the API is made of. */

import type { ObjectStatus } from '../config/object-status.ts'
import type { ConfigAccess } from '../config/store/config-access.ts'
import type { ObjectId } from '../config/store/config-store.ts'
import type { Clock } from '../platform/clock.ts'
import type { CommitFeed } from './watch/commit-feed.ts'

export interface ApiParts {
  readonly access: ConfigAccess
  readonly feed: CommitFeed
  /**
   * What is true of an object now; undefined: nothing is known beyond what the configuration itself says. Too dear for
   * lists: it may cost two commits of the graph.
   */
  readonly statusOf: (id: ObjectId) => ObjectStatus | undefined
  readonly clock: Clock
  /** From 0 to 1, for generated names. */
  readonly random: () => number
}
