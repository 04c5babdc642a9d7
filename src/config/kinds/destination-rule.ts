/** networking.istio.io DestinationRule: what holds for connections to a host once its route is chosen. */

import { field, list, map, message, optional, requiredText, text, type Value } from '../schema/fields.ts'
import { checkExportTo, exportTo } from './export-to.ts'
import { isHostLabel, isIpAddress, isWildcardHost } from './host-syntax.ts'
import { defineKind } from './kind.ts'
import { checkTrafficPolicy, trafficPolicy } from './traffic-policy.ts'
import { checkSelector, matchLabelsSelector } from './workload-selector.ts'

const subset = message({
  name: field('What routes call it.', requiredText(63)),
  labels: field('Labels that an endpoint must all have to belong to it.', optional(map(text(63), 'label')), {
    default: 'every endpoint',
  }),
  trafficPolicy: field(
    'Settings of the subset; each stands in the place of that of the whole host.',
    optional(trafficPolicy),
    { default: "the rule's `trafficPolicy`" },
  ),
})

const spec = message({
  host: field(
    'The service: a full name, a short one (in the namespace of the rule), or a wildcard such as `*.example.com`.',
    requiredText(255),
  ),
  trafficPolicy: field('What holds for every port and subset that says nothing else.', optional(trafficPolicy)),
  subsets: field('Named parts of the endpoints, that routes can lead to.', optional(list(subset, 1000))),
  exportTo: field('The namespaces whose proxies the rule is for: `.` is its own, `*` all.', optional(exportTo()), {
    default: "the mesh's `defaultDestinationRuleExportTo`, else `*`",
  }),
  workloadSelector: field(
    'The workloads of the namespace whose calls the rule is for.',
    optional(matchLabelsSelector),
    {
      default: 'all callers',
      notInForce: 'a rule that names labels holds for nobody',
      notInForceIf: ({ matchLabels = {} }) => Object.keys(matchLabels).length > 0,
    },
  ),
})

export type DestinationRuleSpec = Value<typeof spec>
export type Subset = Value<typeof subset>

export const destinationRule = defineKind({
  name: 'DestinationRule',
  description:
    'What holds for connections to a host once a route has chosen it: load balancing, pools, health, TLS, and the subsets that routes can name.',
  plural: 'destinationrules',
  shortNames: ['dr'],
  columns: [{ name: 'Host', path: '.spec.host' }],
  group: 'networking.istio.io',
  versions: ['v1', 'v1beta1', 'v1alpha3'],
  scope: 'namespaced',
  body: 'spec',
  spec,
  check({ spec, metadata }, report) {
    if (!isWildcardHost(spec.host) || isIpAddress(spec.host)) {
      report.error(
        'spec.host',
        `${spec.host} is not a host name`,
        'use a name such as reviews.default.svc.cluster.local or *.example.com',
      )
    }
    if (spec.trafficPolicy !== undefined)
      checkTrafficPolicy(spec.trafficPolicy, { field: 'spec.trafficPolicy' }, report)
    const names = new Set<string>()
    for (const [index, subset] of (spec.subsets ?? []).entries()) {
      const field = `spec.subsets[${index}]`
      if (!isHostLabel(subset.name))
        report.error(`${field}.name`, `${subset.name} is not a subset name`, 'use letters, digits and -')
      if (names.has(subset.name))
        report.error(`${field}.name`, `there is a subset ${subset.name} already`, 'give each subset its own name')
      names.add(subset.name)
      if (subset.trafficPolicy !== undefined)
        checkTrafficPolicy(
          subset.trafficPolicy,
          { field: `${field}.trafficPolicy`, around: spec.trafficPolicy },
          report,
        )
    }
    checkExportTo(spec.exportTo, { namespace: metadata.namespace, invisible: 'refused' }, report)
    if (spec.workloadSelector === undefined) return
    checkSelector(spec.workloadSelector.matchLabels, 'spec.workloadSelector', report)
    const beyond = (spec.exportTo ?? []).findIndex(entry => entry !== '.' && entry !== metadata.namespace)
    if (beyond >= 0) {
      report.error(
        `spec.exportTo[${beyond}]`,
        'a rule for selected workloads acts in its own namespace only',
        "use '.'",
      )
    }
  },
})
