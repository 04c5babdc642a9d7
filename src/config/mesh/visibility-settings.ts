/** Of the MeshConfig, what is about who sees what, and where configuration comes from. */

import { clientTls } from '../kinds/client-tls.ts'
import { bool, enumeration, field, list, message, optional, text } from '../schema/fields.ts'
import { labelSelector } from './label-selector.ts'

const exportTo = (of: string) =>
  field(
    `Which namespaces see ${of} that say nothing of it: \`*\` all, \`.\` their own, or names.`,
    optional(list(text(63), 1000)),
    { default: '`*`' },
  )

const visibility = () => enumeration({ VISIBILITY_UNSPECIFIED: 0, NONE: 1, NAMESPACE: 2, PUBLIC: 3 })

const oneCluster = 'the services of one cluster are known here'

export const visibilitySettings = {
  rootNamespace: field('The namespace whose policies hold for the whole mesh.', optional(text(63)), {
    default: 'istio-system',
  }),
  defaultServiceExportTo: exportTo('services'),
  defaultVirtualServiceExportTo: exportTo('VirtualServices'),
  defaultDestinationRuleExportTo: exportTo('DestinationRules'),
  discoverySelectors: field(
    'The namespaces whose objects are read: those that one of the selectors takes.',
    optional(list(labelSelector, 256)),
    { default: 'all namespaces', notInForce: 'all namespaces are read' },
  ),
  serviceSettings: field(
    'Settings of services by their hosts.',
    optional(
      list(
        message({
          settings: field(
            'What holds for them.',
            optional(
              message({
                clusterLocal: field('Only clients of the same cluster reach the endpoints.', optional(bool()), {
                  default: 'false; true in `kube-system` and for the API server',
                }),
              }),
            ),
          ),
          hosts: field('Hosts; the first label may be a wildcard.', optional(list(text(255), 1000))),
        }),
        1000,
      ),
    ),
    { notInForce: oneCluster },
  ),
  serviceScopeConfigs: field(
    'Which services are known in their cluster alone, and which everywhere.',
    optional(
      list(
        message({
          namespaceSelector: field('The namespaces that are meant.', optional(labelSelector), { default: 'all' }),
          servicesSelector: field('The services that are meant.', optional(labelSelector), { default: 'all' }),
          scope: field(
            '`LOCAL`: in their cluster. `GLOBAL`: everywhere.',
            optional(enumeration({ LOCAL: 0, GLOBAL: 1 })),
            {
              default: '`LOCAL`',
            },
          ),
        }),
        1000,
      ),
    ),
    { notInForce: oneCluster },
  ),
  serviceEntryVisibility: field(
    'The widest that ServiceEntries may be seen, whatever their `exportTo` says.',
    optional(
      message({
        defaultVisibility: field(
          'Where no policy says otherwise: `NONE` nobody, `NAMESPACE` their own namespace, `PUBLIC` everybody.',
          optional(visibility()),
          { default: '`PUBLIC`' },
        ),
        applyToSidecars: field('It binds sidecars, too, and not ztunnels alone.', optional(bool()), {
          default: 'false',
        }),
        policies: field(
          'The first whose rules all match counts.',
          optional(
            list(
              message({
                visibility: field('The widest that they may be seen.', optional(visibility())),
                matchingRules: field(
                  'All of them must match.',
                  optional(
                    list(
                      message({
                        namespaceSelector: field('Matches the namespace of the ServiceEntry.', optional(labelSelector)),
                      }),
                      256,
                    ),
                  ),
                ),
              }),
              256,
            ),
          ),
        ),
      }),
    ),
    { default: 'their `exportTo` alone counts', notInForce: 'their `exportTo` alone counts' },
  ),
  configSources: field(
    'Where the control plane has its configuration from.',
    optional(
      list(
        message({
          address: field('`fs:///PATH`, `k8s://` or `xds://HOST:PORT`.', optional(text(2048))),
          tlsSettings: field('How the connection is secured.', optional(clientTls)),
          subscribedResources: field(
            'What is taken from there.',
            optional(list(enumeration({ SERVICE_REGISTRY: 0 }), 16)),
          ),
        }),
        64,
      ),
    ),
    { notInForce: 'configuration comes from `--config` and from the store' },
  ),
}
