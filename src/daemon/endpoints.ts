/** Every endpoint of the daemon's two HTTP sides in one table: its side, who may call it, whether calls are audited. A test walks it. */

import { type AccessParts, accessRoutes } from '../admin/routes/access.ts'
import type { Route } from '../admin/routes/route.ts'
import { viewRoutes } from '../admin/routes.ts'

export function endpoints(access: AccessParts): readonly Route[] {
  return [...viewRoutes, ...accessRoutes(access)]
}
