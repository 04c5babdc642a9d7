/**
 * Which mutual TLS a workload's port takes. Levels, the narrower over the wider: the port, the workload (a policy with a
 * selector; the root namespace's select in every namespace, after the workload's own), the namespace, the mesh (root
 * namespace without selector). In one level the oldest policy speaks; UNSET inherits; nobody at all is PERMISSIVE.
 */

import type { PeerAuthenticationSpec } from '../config/kinds/peer-authentication.ts'
import { isEmptySelector, type Labels, selects } from '../config/meaning/selector.ts'
import { bySeniority } from '../config/meaning/seniority.ts'
import type { ConfigObject } from '../config/object.ts'
import type { TrackedFacts } from './facts.ts'
import { meshOf } from './sources.ts'

export type MtlsMode = 'DISABLE' | 'PERMISSIVE' | 'STRICT'

/** What of a workload decides its policies. */
export interface PolicySubject {
  readonly namespace: string
  readonly labels: Labels
}

export type PeerAuthenticationReads = Pick<TrackedFacts, 'mesh' | 'peerAuthentications'>

/** `port` is the workload's, not the service's; without one, the mode of all ports that no policy names. */
export function mtlsModeOf(reads: PeerAuthenticationReads, subject: PolicySubject, port?: number): MtlsMode {
  const workload = workloadPolicy(reads, subject)
  const portMode = port === undefined ? undefined : statedMode(workload?.spec.portLevelMtls?.[String(port)]?.mode)
  return portMode ?? statedMode(workload?.spec.mtls?.mode) ?? namespaceMtlsMode(reads, subject.namespace)
}

/** The mode of a namespace's workloads as far as no selector names them. */
export function namespaceMtlsMode(reads: PeerAuthenticationReads, namespace: string): MtlsMode {
  const { rootNamespace } = meshOf(reads)
  return wideMode(reads, namespace) ?? wideMode(reads, rootNamespace) ?? 'PERMISSIVE'
}

/** The workload ports that have a mode of their own, ascending. */
export function portLevelPorts(reads: PeerAuthenticationReads, subject: PolicySubject): number[] {
  const ports = Object.entries(workloadPolicy(reads, subject)?.spec.portLevelMtls ?? {})
  return ports
    .filter(([, { mode }]) => statedMode(mode) !== undefined)
    .map(([port]) => Number(port))
    .sort((a, b) => a - b)
}

type Policy = ConfigObject<PeerAuthenticationSpec>

function workloadPolicy(reads: PeerAuthenticationReads, { namespace, labels }: PolicySubject): Policy | undefined {
  const { rootNamespace } = meshOf(reads)
  const selecting = (from: string): Policy | undefined =>
    reads.peerAuthentications
      .lookup(from)
      .filter(({ spec }) => !isEmptySelector(spec.selector?.matchLabels) && selects(spec.selector?.matchLabels, labels))
      .sort(bySeniority)[0]
  return selecting(namespace) ?? (namespace === rootNamespace ? undefined : selecting(rootNamespace))
}

function wideMode(reads: PeerAuthenticationReads, namespace: string): MtlsMode | undefined {
  const oldest = reads.peerAuthentications
    .lookup(namespace)
    .filter(({ spec }) => isEmptySelector(spec.selector?.matchLabels))
    .sort(bySeniority)[0]
  return statedMode(oldest?.spec.mtls?.mode)
}

function statedMode(mode: string | undefined): MtlsMode | undefined {
  return mode === 'DISABLE' || mode === 'PERMISSIVE' || mode === 'STRICT' ? mode : undefined
}
