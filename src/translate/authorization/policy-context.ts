/** What the meaning of a policy's values depends on beside the policy itself. */

import type { MeshConfig } from '../../config/mesh-config.ts'
import { anything, type Condition, nothing } from './condition.ts'

export type Layer = 'http' | 'tcp'

export interface MeshOfPolicies {
  readonly mesh: MeshConfig
  /** `some`: workloads of other trust domains may be callers. */
  readonly federation: 'none' | 'some'
}

export interface PolicyContext {
  readonly layer: Layer
  /** Of the policy: where a bare service account lives. */
  readonly namespace: string
  /** The mesh's own first, then its aliases. */
  readonly trustDomains: readonly string[]
  /**
   * `wide`: a match denies, so doubtful requests match; `narrow`: a match allows, so doubtful requests do not.
   */
  readonly sense: 'wide' | 'narrow'
  /**
   * Whose namespaces and service accounts a value means that names no trust domain, where a match allows: with federation
   * the mesh's own. Somebody else's namespace may be called the same.
   */
  readonly unnamed: 'own' | 'any'
  /** `merged`: repeated and encoded slashes are one slash by the time that rules read a path. */
  readonly slashes: 'merged' | 'as-sent'
}

/** For rules that say themselves which trust domains they are about. */
export const anyDomain = (context: PolicyContext): PolicyContext => ({ ...context, unnamed: 'any' })

export const oppositeSense = (context: PolicyContext): PolicyContext => ({
  ...context,
  sense: context.sense === 'wide' ? 'narrow' : 'wide',
})

/** What a value that has no meaning comes to: it never allows, and never keeps a denial from happening. */
export const doubtful = ({ sense }: PolicyContext): Condition => (sense === 'wide' ? anything : nothing)
