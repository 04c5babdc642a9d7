/** Consistent hashing is chosen by the DestinationRule, but it is the route that says what is hashed. */

import { durationMs } from '../../config/duration.ts'
import { destinationRuleOf } from '../../discovery/destination-rule.ts'
import type { TrackedFacts } from '../../discovery/facts.ts'
import type { MeshService } from '../../discovery/service.ts'
import { effectivePolicy } from '../traffic-policy.ts'
import type { HashIr } from './ir.ts'

export function hashPolicyOf(
  facts: TrackedFacts,
  clientNamespace: string,
  service: MeshService,
  port: number,
): readonly HashIr[] {
  const rule = destinationRuleOf(facts, clientNamespace, service)
  const hash = effectivePolicy(port, [rule?.trafficPolicy]).loadBalancer?.consistentHash
  if (hash === undefined) return []
  if (hash.httpHeaderName !== undefined) return [{ kind: 'header', name: hash.httpHeaderName }]
  if (hash.httpQueryParameterName !== undefined) return [{ kind: 'query-parameter', name: hash.httpQueryParameterName }]
  if (hash.useSourceIp === true) return [{ kind: 'source-ip' }]
  if (hash.httpCookie === undefined) return []
  const { name, path, ttl } = hash.httpCookie
  return [{ kind: 'cookie', name, path: path ?? '', ...(ttl === undefined ? {} : { ttlMs: durationMs(ttl) }) }]
}
