/** `istio.mesh.v1alpha1.MeshConfig`: every key of it, and what is ours alone under the key `meshwright`. */

import { enumeration, field, message, optional, type Value } from '../schema/fields.ts'
import { identitySettings } from './identity-settings.ts'
import { ingressSettings } from './ingress-settings.ts'
import { proxyDefaults } from './proxy-defaults.ts'
import { telemetrySettings } from './telemetry-settings.ts'
import { trafficSettings } from './traffic-settings.ts'
import { visibilitySettings } from './visibility-settings.ts'

export const meshConfigMessage = message({
  ...identitySettings,
  ...trafficSettings,
  ...visibilitySettings,
  ...telemetrySettings,
  ...ingressSettings,
  defaultConfig: field('With what proxies start, where nothing else says so.', optional(proxyDefaults)),
  meshwright: field(
    "Not Istio's: options that only this control plane has.",
    optional(
      message({
        policyDelivery: field(
          '`ECDS`: authorization filters are resources of their own, so that a changed policy acts on open connections. ' +
            '`INLINE`: they stand in the listener.',
          optional(enumeration({ ECDS: 0, INLINE: 1 })),
          { default: '`ECDS`' },
        ),
      }),
    ),
  ),
})

export type MeshConfigInput = Value<typeof meshConfigMessage>
