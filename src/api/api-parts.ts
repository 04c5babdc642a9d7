/** What the API is made of. */

import type { ObjectStatus, ProxyCounts } from '../config/object-status.ts'
import type { ConfigAccess } from '../config/store/config-access.ts'
import type { ObjectId } from '../config/store/config-store.ts'
import type { Clock } from '../platform/clock.ts'
import type { CommitFeed } from './watch/commit-feed.ts'

export interface ApiParts {
  readonly access: ConfigAccess
  readonly feed: CommitFeed
  /**
   * What is true of an object now; undefined: nothing is known beyond what the configuration itself says. Too dear for
   * lists: it looks at every object and every stream.
   */
  readonly statusOf: (id: ObjectId) => ObjectStatus | undefined
  /** For lists: how far proxies are with each object; undefined: not looked at, for want of time. */
  readonly proxiesOf: (ids: readonly ObjectId[]) => Promise<readonly (readonly ProxyCounts[] | undefined)[]>
  readonly clock: Clock
  /** From 0 to 1, for generated names. */
  readonly random: () => number
}
