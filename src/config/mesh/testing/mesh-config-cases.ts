/** The tables of the MeshConfig. */

import { identityCases } from './rules/identity.ts'
import { providerCases } from './rules/providers.ts'
import { proxyDefaultsCases } from './rules/proxy-defaults.ts'
import { trafficCases } from './rules/traffic.ts'
import { visibilityCases } from './rules/visibility.ts'
import type { SettingsCase } from './settings-cases.ts'

export const meshConfigCases: readonly SettingsCase[] = [
  ...identityCases,
  ...trafficCases,
  ...visibilityCases,
  ...providerCases,
  ...proxyDefaultsCases,
]
