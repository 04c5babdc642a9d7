/** The numbers of trust, agents and rotation. */

import type { Agents } from '../agents/agents.ts'
import type { RootRotation } from '../rotation/rotation.ts'
import { isUnderWay, type RotationRecords, type RotationStep } from '../rotation/rotation-records.ts'
import { expiryWarnings } from './expiry-warnings.ts'
import type { TrustStore } from './trust-state.ts'

export interface TrustMetrics {
  meshwright_ca_trust_generation: number
  meshwright_ca_trusted_roots: number
  /** The nearest threshold that a trusted root has passed: 90, 30, 7 or 0 days; -1 when none has. */
  meshwright_ca_root_expiry_warning_days: number
  meshwright_ca_agents: number
  /** Agents whose Envoy has acknowledged the newest trust. */
  meshwright_ca_agents_current: number
  /** 0: no rotation; 1 prepared, 2 distributed, 3 switched, 4 reissued. */
  meshwright_ca_rotation_step: number
  meshwright_ca_rotation_lagging: number
}

export interface TrustMetricSources {
  readonly trust: TrustStore
  readonly agents: Agents
  readonly rotation: RootRotation
  readonly records: RotationRecords
  readonly nowMs: () => number
}

/** Cost: the number of agents. */
export function trustMetrics({ trust, agents, rotation, records, nowMs }: TrustMetricSources): TrustMetrics {
  const { generation, roots } = trust.current()
  const attending = agents.status()
  const days = expiryWarnings(roots, nowMs()).map(warning => warning.days)
  const latest = records.rotation()
  return {
    meshwright_ca_trust_generation: generation,
    meshwright_ca_trusted_roots: roots.length,
    meshwright_ca_root_expiry_warning_days: days.length === 0 ? -1 : Math.min(...days),
    meshwright_ca_agents: attending.length,
    meshwright_ca_agents_current: attending.filter(agent => agent.report.appliedTrustGeneration === generation).length,
    meshwright_ca_rotation_step: isUnderWay(latest) ? stepNumbers[latest.step] : 0,
    meshwright_ca_rotation_lagging: rotation.lagging,
  }
}

const stepNumbers: Readonly<Record<RotationStep, number>> = { prepared: 1, distributed: 2, switched: 3, reissued: 4 }
