/** Settings that Istio 1.31 has and meshwright does nothing with, so that a warning can tell them from misspelt ones. */

/** `field` in camelCase or snake_case, as in `defaultConfig.tracing`. */
export function isSettingOfIstio(field: string): boolean {
  const name = field.replaceAll(/_([A-Za-z0-9])/g, (_whole, letter: string) => letter.toUpperCase())
  return name.startsWith('defaultConfig.') ? proxySettings.has(name.slice('defaultConfig.'.length)) : settings.has(name)
}

/** istio.mesh.v1alpha1.MeshConfig. */
const settings: ReadonlySet<string> = new Set([
  'ca',
  'caCertificates',
  'certificates',
  'configSources',
  'defaultProviders',
  'defaultTrafficPolicy',
  'disableEnvoyListenerLog',
  'discoverySelectors',
  'enableEnvoyAccessLogService',
  'enablePrometheusMerge',
  'enableTracing',
  'extensionProviders',
  'hboneIdleTimeout',
  'inboundClusterStatName',
  'ingressClass',
  'ingressControllerMode',
  'ingressSelector',
  'ingressService',
  'outboundClusterStatName',
  'serviceEntryVisibility',
  'serviceScopeConfigs',
  'serviceSettings',
  'tcpKeepalive',
  'tlsDefaults',
  'verifyCertificateAtClient',
  'zoneAwareLbSetting',
])

/** istio.mesh.v1alpha1.ProxyConfig. */
const proxySettings: ReadonlySet<string> = new Set([
  'availabilityZone',
  'binaryPath',
  'caCertificatesPem',
  'configPath',
  'connectionSettings',
  'controlPlaneAuthPolicy',
  'customConfigFile',
  'discoveryRefreshDelay',
  'envoyAccessLogService',
  'envoyMetricsService',
  'envoyMetricsServiceAddress',
  'extraStatTags',
  'fileFlushInterval',
  'fileFlushMinSizeKb',
  'gatewayTopology',
  'holdApplicationUntilProxyStarts',
  'image',
  'interceptionMode',
  'meshId',
  'privateKeyProvider',
  'proxyBootstrapTemplatePath',
  'proxyHeaders',
  'proxyStatsMatcher',
  'readinessProbe',
  'runtimeValues',
  'sds',
  'serviceCluster',
  'statNameLength',
  'statsCompression',
  'statsdUdpAddress',
  'tracing',
  'tracingServiceName',
  'zipkinAddress',
])
