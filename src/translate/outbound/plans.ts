/**
 * The plans of the views in use, each made once for listeners, routes and virtual hosts alike:
 *
 *   outbound-views ─terms▶ outbound-views.common ▶ outbound-common (of what everybody sees)
 *         └──────────────────────────────────────────────┴▶ outbound-plans
 */

import type { Facts } from '../../discovery/facts.ts'
import { type OutboundScope, scopeKeyOf } from '../../discovery/scope.ts'
import type { Collection, Graph, Source } from '../../graph/graph.ts'
import { type CommonPlan, type OutboundPlan, planForAll, planFromCommon, planOutbound } from './plan.ts'
import { type OutboundView, viewOfAnybody } from './view.ts'

/** By `outboundViewKey`; present for the views that somebody needs. */
export function deriveOutboundPlans(graph: Graph, views: Source<OutboundView>, facts: Facts): Collection<OutboundPlan> {
  const commonViews = graph.terms(
    'outbound-views.common',
    views.index('common', view => [commonKeyOf(view)]),
  )
  const common = graph.derive({
    name: 'outbound-common',
    from: commonViews,
    reads: { ...facts },
    equals: Object.is,
    map(key: string, _key, reads): CommonPlan {
      const services = reads.publicView.get('mesh') ?? []
      const scope = { services, listeners: [{ bind: '', captureMode: 'DEFAULT', services }] } as const
      return planForAll(scope, commonViewOf(key), reads)
    },
  })
  return graph.derive({
    name: 'outbound-plans',
    from: views,
    reads: { ...facts, common },
    equals: Object.is,
    map(view: OutboundView, _key, reads): OutboundPlan {
      const plan = isNamespaced(view) ? reads.common.get(commonKeyOf(view)) : undefined
      const seen = plan === undefined ? undefined : reads.scopes.get(scopeKeyOf(view.scope))
      return plan !== undefined && seen !== undefined && seesAll(seen, plan)
        ? planFromCommon(plan, view)
        : planOutbound(view, reads)
    },
  })
}

/** What of a view decides a plan, but for its scope and namespace. */
type CommonView = Pick<OutboundView, 'mode' | 'family' | 'lowPorts' | 'dnsDomain'>

function commonKeyOf({ mode, family, lowPorts, dnsDomain }: OutboundView): string {
  const [, ...domain] = dnsDomain.split('.')
  return JSON.stringify({ mode, family, lowPorts, dnsDomain: ['-', ...domain].join('.') } satisfies CommonView)
}

/** Sound: what `commonKeyOf` wrote. */
const commonViewOf = (key: string): OutboundView => ({ ...viewOfAnybody, ...(JSON.parse(key) as CommonView) })

/** Whether short names mean what `NAMESPACE.svc.DOMAIN` says. */
const isNamespaced = ({ dnsDomain }: OutboundView): boolean => dnsDomain.split('.')[1] === 'svc'

function seesAll({ services, listeners }: OutboundScope, { scope }: CommonPlan): boolean {
  const [only, ...others] = listeners
  if (services !== scope.services || only === undefined || others.length > 0) return false
  return only.services === services && only.port === undefined && only.bind === '' && only.captureMode === 'DEFAULT'
}
