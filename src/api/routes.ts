/** The endpoints of the API, for the daemon's table. The first that fits answers. */

import type { Route } from '../admin/routes/route.ts'
import type { ApiParts } from './api-parts.ts'
import { discoveryRoutes } from './routes/discovery-routes.ts'
import { objectRoutes } from './routes/object-routes.ts'
import { selfReviewRoutes } from './routes/self-review-routes.ts'
import { commandTransactionRoutes } from './transactions/command-transactions.ts'
import { transactionRoutes } from './transactions/transaction-routes.ts'

export function apiRoutes(parts: ApiParts): readonly Route[] {
  return [
    ...discoveryRoutes,
    ...selfReviewRoutes,
    ...transactionRoutes(parts),
    ...commandTransactionRoutes(parts),
    ...objectRoutes(parts),
  ]
}

/** Below these the API tells errors, also where no endpoint is. */
export const apiPrefixes = ['/api/', '/apis/', '/openapi/'] as const
