import { inside, type SettingsCase } from '../settings-cases.ts'

export const visibilityCases: readonly SettingsCase[] = [
  {
    rule: 'the root namespace is none',
    refused: 'rootNamespace: A',
    accepted: 'rootNamespace: a',
    field: 'rootNamespace',
  },
  {
    rule: 'services are seen from what is no namespace',
    refused: 'defaultServiceExportTo: [A]',
    accepted: 'defaultServiceExportTo: ["~"]',
    field: 'defaultServiceExportTo[0]',
  },
  {
    rule: 'routes are seen by nobody',
    refused: 'defaultVirtualServiceExportTo: ["~"]',
    accepted: 'defaultVirtualServiceExportTo: ["."]',
    field: 'defaultVirtualServiceExportTo[0]',
  },
  ...inside(
    'discoverySelectors: [{matchExpressions: [{□}]}]',
    {
      rule: 'a condition on labels has no such operator',
      refused: 'key: a, operator: Has',
      accepted: 'key: a, operator: Exists',
      field: 'discoverySelectors[0].matchExpressions[0].operator',
    },
    {
      rule: 'a condition on labels is about what is no label',
      refused: 'key: a b, operator: Exists',
      accepted: 'key: a/b, operator: Exists',
      field: 'discoverySelectors[0].matchExpressions[0].key',
    },
    {
      rule: 'a condition on labels has no values',
      refused: 'key: a, operator: In',
      accepted: 'key: a, operator: In, values: [b]',
      field: 'discoverySelectors[0].matchExpressions[0].values',
    },
    {
      rule: 'a condition on labels has values that nobody looks at',
      refused: 'key: a, operator: DoesNotExist, values: [b]',
      accepted: 'key: a, operator: DoesNotExist',
      field: 'discoverySelectors[0].matchExpressions[0].values',
    },
  ),
  {
    rule: 'a label of a selector is none',
    refused: 'discoverySelectors: [{matchLabels: {a: b c}}]',
    accepted: 'discoverySelectors: [{matchLabels: {a: b-c}}]',
    field: 'discoverySelectors[0].matchLabels.a',
  },
  {
    rule: 'settings are for what is no host',
    refused: 'serviceSettings: [{settings: {clusterLocal: true}, hosts: ["a.*.local"]}]',
    accepted: 'serviceSettings: [{settings: {clusterLocal: true}, hosts: ["*.a.local"]}]',
    field: 'serviceSettings[0].hosts[0]',
  },
  {
    rule: 'a scope chooses services by what is no operator',
    refused:
      'serviceScopeConfigs: [{servicesSelector: {matchExpressions: [{key: a, operator: exists}]}, scope: GLOBAL}]',
    accepted:
      'serviceScopeConfigs: [{servicesSelector: {matchExpressions: [{key: a, operator: Exists}]}, scope: GLOBAL}]',
    field: 'serviceScopeConfigs[0].servicesSelector.matchExpressions[0].operator',
  },
  {
    rule: 'a policy of visibility chooses namespaces by what is no operator',
    refused:
      'serviceEntryVisibility: {policies: [{visibility: NONE, matchingRules: [{namespaceSelector: {matchExpressions: [{key: a, operator: In}]}}]}]}',
    accepted:
      'serviceEntryVisibility: {policies: [{visibility: NONE, matchingRules: [{namespaceSelector: {matchExpressions: [{key: a, operator: In, values: [b]}]}}]}]}',
    field: 'serviceEntryVisibility.policies[0].matchingRules[0].namespaceSelector.matchExpressions[0].values',
  },
  {
    rule: 'a source of configuration is of no kind',
    warns: true,
    refused: 'configSources: [{address: "a:15010"}]',
    accepted: 'configSources: [{address: "xds://a:15010"}]',
    field: 'configSources[0].address',
  },
  {
    rule: 'the certificate for a source of configuration is missing',
    refused: 'configSources: [{address: "xds://a:1", tlsSettings: {mode: MUTUAL, privateKey: /k}}]',
    accepted: 'configSources: [{address: "xds://a:1", tlsSettings: {mode: DISABLE, privateKey: /k}}]',
    field: 'configSources[0].tlsSettings.clientCertificate',
  },
]
