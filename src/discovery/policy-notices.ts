/**
 * Tells the author of an AuthorizationPolicy that a rule can be got around in clear text. Who calls is known by mutual TLS
 * only: a denial that names callers never meets one without it, and a permission for all but some callers holds for him.
 * Where every workload that the policy selects demands mutual TLS there is nothing to say.
 */

import type { AuthorizationPolicySpec, AuthorizationRule } from '../config/kinds/authorization-policy.ts'
import type { PeerAuthenticationSpec } from '../config/kinds/peer-authentication.ts'
import { isEmptySelector, type Labels } from '../config/meaning/selector.ts'
import type { ConfigObject } from '../config/object.ts'
import type { Collection, Graph, Index, IndexReader } from '../graph/graph.ts'
import type { Notice } from './notice.ts'
import { mtlsModeOf } from './peer-authentication.ts'
import { type MeshSource, meshOf, type Sources } from './sources.ts'

/** Absent where there is nothing to say. */
export function derivePolicyNotices(
  graph: Graph,
  inputs: {
    readonly sources: Sources
    readonly mesh: MeshSource
    readonly peerAuthentications: Index<ConfigObject<PeerAuthenticationSpec>>
  },
): Collection<readonly Notice[]> {
  const { sources, mesh, peerAuthentications } = inputs
  const allPeerAuthentications = sources.PeerAuthentication.index('all', () => ['*'])
  return graph.deriveMany({
    name: 'policyNotices',
    from: sources.AuthorizationPolicy,
    reads: { mesh, peerAuthentications, allPeerAuthentications },
    map({ metadata, spec }, key, reads) {
      const evaded = evadedFields(spec)
      if (evaded.length === 0 || hasTarget(spec)) return []
      const isStrict = demandsMutualTls({ namespace: metadata.namespace, selector: spec.selector?.matchLabels }, reads)
      if (isStrict) return []
      const notices = evaded.map((field): Notice => {
        const { namespace, name } = metadata
        return { kind: 'AuthorizationPolicy', namespace, name, field, reason: reasonOf(spec), remedy }
      })
      return [[`AuthorizationPolicy/${key}`, notices]]
    },
  })
}

const remedy = 'demand mutual TLS of the workloads with a PeerAuthentication of mode STRICT'

function reasonOf({ action }: AuthorizationPolicySpec): string {
  return action === 'DENY'
    ? 'callers are known by mutual TLS only, which not every selected workload demands: in clear text this denies nobody'
    : 'callers are known by mutual TLS only, which not every selected workload demands: in clear text this permits everybody'
}

type Sense = 'values' | 'notValues'

/** The fields by which a rule says what a caller in clear text is not bound to. */
function evadedFields({ action = 'ALLOW', rules = [] }: AuthorizationPolicySpec): readonly string[] {
  if (action === 'DENY') return rules.flatMap((rule, index) => callerFields(rule, index, 'values'))
  if (action !== 'ALLOW') return []
  return rules.flatMap((rule, index) => {
    if (whenFields(rule, index, 'values').length > 0) return []
    const from = (rule.from ?? []).flatMap((_from, source) => {
      const named = sourceFields(rule, { index, source }, 'values')
      return named.length > 0 ? [] : sourceFields(rule, { index, source }, 'notValues')
    })
    // Of several sources one is enough, and one that names its caller cannot be met in clear text.
    const canBeMet = rule.from === undefined || rule.from.some((_, source) => !names(rule, { index, source }))
    return [...from, ...(canBeMet ? whenFields(rule, index, 'notValues') : [])]
  })
}

const names = (rule: AuthorizationRule, at: Place): boolean => sourceFields(rule, at, 'values').length > 0

const callerFields = (rule: AuthorizationRule, index: number, sense: Sense): readonly string[] => [
  ...(rule.from ?? []).flatMap((_, source) => sourceFields(rule, { index, source }, sense)),
  ...whenFields(rule, index, sense),
]

interface Place {
  readonly index: number
  readonly source: number
}

const sourceNames = {
  values: ['principals', 'namespaces', 'serviceAccounts', 'trustDomains'],
  notValues: ['notPrincipals', 'notNamespaces', 'notServiceAccounts', 'notTrustDomains'],
} as const

function sourceFields(rule: AuthorizationRule, { index, source }: Place, sense: Sense): readonly string[] {
  const given = rule.from?.[source]?.source ?? {}
  return sourceNames[sense]
    .filter(name => (given[name] ?? []).length > 0)
    .map(name => `spec.rules[${index}].from[${source}].source.${name}`)
}

const callerKeys: ReadonlySet<string> = new Set([
  'source.principal',
  'source.namespace',
  'source.serviceAccount',
  'source.trustDomain',
])

function whenFields({ when = [] }: AuthorizationRule, index: number, sense: Sense): readonly string[] {
  return when.flatMap((condition, at) =>
    callerKeys.has(condition.key) && (condition[sense] ?? []).length > 0
      ? [`spec.rules[${index}].when[${at}].${sense}`]
      : [],
  )
}

const hasTarget = ({ targetRef, targetRefs = [] }: AuthorizationPolicySpec): boolean =>
  targetRef !== undefined || targetRefs.length > 0

type PeerAuthentication = ConfigObject<PeerAuthenticationSpec>

interface Reads {
  readonly mesh: Parameters<typeof meshOf>[0]['mesh']
  readonly peerAuthentications: IndexReader<PeerAuthentication>
  readonly allPeerAuthentications: IndexReader<PeerAuthentication>
}

/** Proven only: true when no workload that the policy could select, with whatever other labels, takes clear text. */
function demandsMutualTls(
  { namespace, selector = {} }: { readonly namespace: string; readonly selector: Labels | undefined },
  reads: Reads,
): boolean {
  const { rootNamespace } = meshOf(reads)
  if (mtlsModeOf(reads, { namespace, labels: selector }) !== 'STRICT') return false
  const inPlay =
    namespace === rootNamespace
      ? reads.allPeerAuthentications.lookup('*')
      : [...reads.peerAuthentications.lookup(namespace), ...reads.peerAuthentications.lookup(rootNamespace)]
  return inPlay.every(policy => {
    const { matchLabels } = policy.spec.selector ?? {}
    // That of the namespace or the mesh has spoken above; another namespace's may say less than the mesh's.
    const hasSpoken = isEmptySelector(matchLabels) && namespace !== rootNamespace
    return hasSpoken || isStrict(policy) || !canMeet(matchLabels ?? {}, selector)
  })
}

function isStrict({ spec }: PeerAuthentication): boolean {
  const modes = [spec.mtls, ...Object.values(spec.portLevelMtls ?? {})].map(mtls => mtls?.mode ?? 'UNSET')
  return modes.every(mode => mode === 'STRICT' || mode === 'UNSET')
}

/** Whether one workload could be selected by both. */
const canMeet = (one: Labels, other: Labels): boolean =>
  Object.entries(one).every(([label, value]) => other[label] === undefined || other[label] === value)
