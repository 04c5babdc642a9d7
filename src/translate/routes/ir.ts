/** Route configurations as data. */

import type { VirtualHostIr } from '../virtual-hosts/ir.ts'

export interface RouteConfigurationIr {
  readonly kind: 'route-configuration'
  readonly name: string
  readonly hosts: readonly VirtualHostIr[]
  /** `pushed`: further hosts come as resources of their own. */
  readonly otherHosts: 'pushed' | 'none'
}
