/** Of the MeshConfig, what is about logs, metrics, traces, and the providers that objects name. */

import { bool, enumeration, field, list, message, optional, text, wrapped } from '../schema/fields.ts'
import { extensionProvider } from './extension-provider.ts'

const statName = (of: string) =>
  field(`How the statistics of ${of} clusters are named, with \`%SERVICE%\` and the like.`, optional(text(1024)), {
    default: "the cluster's name",
    notInForce: 'statistics have the names of clusters',
  })

const names = (what: string) =>
  field(`Who gets ${what} that no Telemetry speaks of, by name.`, optional(list(text(253), 64)))

export const telemetrySettings = {
  accessLogFile: field('The file that every proxy writes its access log to.', optional(text(4096)), {
    unit: 'path',
    default: 'no log',
  }),
  accessLogFormat: field("A line of the access log, with Envoy's commands.", optional(text(65_536)), {
    default: "Istio's format",
  }),
  accessLogEncoding: field('Lines of text, or of JSON.', optional(enumeration({ TEXT: 0, JSON: 1 })), {
    default: '`TEXT`',
  }),
  enableEnvoyAccessLogService: field(
    'Access logs go to `defaultConfig.envoyAccessLogService`, too.',
    optional(bool()),
    {
      default: 'false',
      notInForce: 'access logs go to the file only',
      notInForceIf: enabled => enabled,
    },
  ),
  disableEnvoyListenerLog: field('Connections that no listener takes are not logged.', optional(bool()), {
    default: 'false',
    notInForce: 'such connections are logged wherever there is an access log',
    notInForceIf: disabled => disabled,
  }),
  enableTracing: field('Requests are traced where a provider is there.', optional(bool()), {
    default: 'true',
    notInForce: 'no traces are made yet',
    notInForceIf: enabled => enabled,
  }),
  enablePrometheusMerge: field(
    "The agent shows the workload's own metrics beside the proxy's.",
    optional(wrapped(bool())),
    {
      default: 'true',
      notInForce: "the agent shows the proxy's metrics and its own only",
      notInForceIf: merged => merged,
    },
  ),
  inboundClusterStatName: statName('inbound'),
  outboundClusterStatName: statName('outbound'),
  extensionProviders: field(
    'Providers that AuthorizationPolicies and Telemetries name. `prometheus`, `stackdriver` and `envoy` are there unless ' +
      'they are replaced.',
    optional(list(extensionProvider, 1000)),
    { notInForce: 'names are known, and no provider is used yet' },
  ),
  defaultProviders: field(
    'The providers of what no Telemetry speaks of.',
    optional(
      message({
        tracing: names('traces'),
        metrics: names('metrics'),
        accessLogging: names('access logs'),
      }),
    ),
    { notInForce: 'no provider is used yet' },
  ),
}
