/** `istio.mesh.v1alpha1.ProxyConfig`: with what proxies start. */

import { message, type Value } from '../schema/fields.ts'
import { connectionSettings } from './connection-settings.ts'
import { proxyHeaders } from './proxy-headers.ts'
import { proxyProcess } from './proxy-process.ts'
import { proxyTelemetry } from './proxy-telemetry.ts'

export const proxyDefaults = message(
  { ...proxyProcess, ...proxyTelemetry, ...proxyHeaders, ...connectionSettings },
  { exclusive: [['serviceCluster', 'tracingServiceName']] },
)

export type ProxyDefaultsInput = Value<typeof proxyDefaults>
