/** Every field of a connection pool that can stand beside the others, as a flow mapping; `useClientProtocol` excludes the upgrade. */
export const wholePool =
  '{tcp: {maxConnections: 1, connectTimeout: 1s, tcpKeepalive: {probes: 1, time: 2s, interval: 3s}, maxConnectionDuration: 4s, idleTimeout: 5s}, http: {http1MaxPendingRequests: 1, http2MaxRequests: 2, maxRequestsPerConnection: 3, maxRetries: 4, idleTimeout: 5s, h2UpgradePolicy: UPGRADE, maxConcurrentStreams: 6, http2KeepAlive: {interval: 7s, timeout: 8s}}}'
