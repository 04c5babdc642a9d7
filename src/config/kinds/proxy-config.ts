/** networking.istio.io ProxyConfig: settings with which proxies start. */

import { field, int32, map, message, optional, ruled, text, type Value, wrapped } from '../schema/fields.ts'
import { defineKind } from './kind.ts'
import { checkSelector, matchLabelsSelector } from './workload-selector.ts'

export const proxyImage = message({
  imageType: field('`default`, `debug` or `distroless`.', optional(text(253)), { default: 'default' }),
})

const spec = message({
  selector: field('The workloads whose proxies start with these settings.', optional(matchLabelsSelector), {
    default: 'every workload of the namespace; in the root namespace every workload of the mesh',
  }),
  concurrency: field(
    'How many worker threads the proxy has; 0: as many as the machine has cores.',
    optional(
      wrapped(
        ruled(int32(), {
          cel: 'self >= 0',
          holds: value => value >= 0,
          reason: 'is less than 0',
          remedy: 'use 0 for as many as there are cores, or more',
        }),
      ),
    ),
    { default: "by the container's limit of CPU" },
  ),
  environmentVariables: field('Variables of the environment that the proxy starts in.', optional(map(text(2048)))),
  image: field("Which build of the proxy's image is used.", optional(proxyImage)),
})

export type ProxyConfigSpec = Value<typeof spec>

export const proxyConfig = defineKind({
  name: 'ProxyConfig',
  description: 'Settings with which the proxies of workloads start.',
  plural: 'proxyconfigs',
  shortNames: [],
  group: 'networking.istio.io',
  versions: ['v1beta1'],
  scope: 'namespaced',
  body: 'spec',
  spec,
  notInForce: 'agents start their Envoy by their own options',
  check({ spec }, report) {
    if (spec.selector !== undefined) checkSelector(spec.selector.matchLabels, 'spec.selector', report)
    for (const name of Object.keys(spec.environmentVariables ?? {})) {
      if (name === '' || /[=\0]/.test(name))
        report.error(
          `spec.environmentVariables.${name}`,
          `'${name}' is not the name of a variable`,
          'use letters, digits and _',
        )
    }
  },
})
