/** Every endpoint of the daemon's two HTTP sides in one table: its side, who may call it, whether calls are audited. A test walks it. */

import { type AccessParts, accessRoutes } from '../admin/routes/access.ts'
import type { Route } from '../admin/routes/route.ts'
import { viewRoutes } from '../admin/routes.ts'
import type { ApiParts } from '../api/api-parts.ts'
import { apiRoutes } from '../api/routes.ts'

export function endpoints(access: AccessParts, api: ApiParts): readonly Route[] {
  return [...viewRoutes, ...accessRoutes(access), ...apiRoutes(api)]
}
