/**
 * The traffic policy in force for one port of one subset. Istio's rule: a subset overrides the whole rule setting by
 * setting; settings of a port replace all four, and what they leave out is the default again, not inherited.
 */

import type { PortTrafficPolicy, TrafficPolicy } from '../config/kinds/traffic-policy.ts'

export type EffectivePolicy = Omit<PortTrafficPolicy, 'port'>

/** `levels` from the widest to the narrowest; absent ones say nothing. */
export function effectivePolicy(port: number, levels: readonly (TrafficPolicy | undefined)[]): EffectivePolicy {
  let effective: EffectivePolicy = {}
  for (const level of levels) {
    if (level === undefined) continue
    const { portLevelSettings, ...settings } = level
    const ofPort = portLevelSettings?.find(candidate => candidate.port.number === port)
    effective = ofPort === undefined ? { ...effective, ...perPortSettings(settings) } : perPortSettings(ofPort)
  }
  return effective
}

function perPortSettings(policy: EffectivePolicy): EffectivePolicy {
  const { loadBalancer, connectionPool, outlierDetection, tls } = policy
  return {
    ...(loadBalancer === undefined ? {} : { loadBalancer }),
    ...(connectionPool === undefined ? {} : { connectionPool }),
    ...(outlierDetection === undefined ? {} : { outlierDetection }),
    ...(tls === undefined ? {} : { tls }),
  }
}
