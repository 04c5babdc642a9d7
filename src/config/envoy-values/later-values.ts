/**
 * Values that Envoy's enums have gained since the messages that are shipped here, by full name; from the API of Envoy 1.40
 * (https://www.envoyproxy.io/docs/envoy/v1.40.0/api-v3/api).
 */
export const laterValues: Readonly<Record<string, readonly string[] | undefined>> = {
  'envoy.config.accesslog.v3.ComparisonFilter.Op': ['NE'],
  'envoy.config.cluster.v3.UpstreamConnectionOptions.FirstAddressFamilyVersion': ['PIPE', 'INTERNAL'],
  'envoy.config.overload.v3.ScaleTimersOverloadActionConfig.TimerType': [
    'HTTP_DOWNSTREAM_CONNECTION_MAX',
    'HTTP_DOWNSTREAM_STREAM_FLUSH',
  ],
  'envoy.config.route.v3.RateLimit.Action.MetaData.Source': ['CLUSTER_ENTRY', 'CLUSTER_LOCALITY_ENTRY'],
  'envoy.extensions.filters.http.ext_proc.v3.ProcessingMode.BodySendMode': ['FULL_DUPLEX_STREAMED', 'GRPC'],
  'envoy.extensions.filters.http.oauth2.v3.OAuth2Config.AuthType': ['TLS_CLIENT_AUTH', 'PRIVATE_KEY_JWT'],
  'envoy.extensions.filters.network.redis_proxy.v3.RedisProxy.ConnPoolSettings.ReadPolicy': [
    'LOCAL_ZONE_AFFINITY',
    'LOCAL_ZONE_AFFINITY_REPLICAS_AND_PRIMARY',
  ],
}
