/** Every endpoint of the daemon's two HTTP sides in one table: its side, who may call it, whether calls are audited. A test walks it. */

import { type AccessParts, accessRoutes } from '../admin/routes/access.ts'
import { type ConfigurationParts, configurationRoutes } from '../admin/routes/configuration.ts'
import type { Route } from '../admin/routes/route.ts'
import { viewRoutes } from '../admin/routes.ts'
import type { ApiParts } from '../api/api-parts.ts'
import { apiRoutes } from '../api/routes.ts'

export interface EndpointParts {
  readonly access: AccessParts
  readonly configuration: ConfigurationParts
  readonly api: ApiParts
}

export function endpoints({ access, configuration, api }: EndpointParts): readonly Route[] {
  return [...viewRoutes, ...accessRoutes(access), ...configurationRoutes(configuration), ...apiRoutes(api)]
}
