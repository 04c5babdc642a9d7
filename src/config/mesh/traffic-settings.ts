/** Of the MeshConfig, what is about connections, requests and routes. */

import { clientTls } from '../kinds/client-tls.ts'
import { connectionPool, tcpKeepalive } from '../kinds/connection-pool.ts'
import { positiveDuration, zeroOrPositiveDuration } from '../kinds/duration-rules.ts'
import { httpRetries } from '../kinds/http-retries.ts'
import { localityLoadBalancer, zoneAwareLoadBalancer } from '../kinds/load-balancer.ts'
import { outlierDetection } from '../kinds/outlier-detection.ts'
import { enumeration, field, message, optional, uint32 } from '../schema/fields.ts'

export const trafficSettings = {
  proxyListenPort: field('The port that captures calls of the workload.', optional(uint32()), { default: '15001' }),
  proxyInboundListenPort: field('The port that captures calls to the workload.', optional(uint32()), {
    default: '15006',
  }),
  proxyHttpPort: field("The port that takes the workload's requests as an HTTP proxy.", optional(uint32()), {
    default: '0: there is none',
  }),
  connectTimeout: field('How long a connection may take to be made: 1ms to 1h.', optional(positiveDuration()), {
    unit: 'duration',
    default: '10s',
  }),
  hboneIdleTimeout: field('How long an idle connection to a ztunnel is kept.', optional(zeroOrPositiveDuration()), {
    unit: 'duration',
    default: '1h',
    notInForce: 'there are no connections to ztunnels',
  }),
  protocolDetectionTimeout: field(
    'How long a connection is looked at before it counts as plain TCP; `0s`: as long as it takes.',
    optional(zeroOrPositiveDuration()),
    { unit: 'duration', default: '0s' },
  ),
  tcpKeepalive: field('Probes on idle connections to services.', optional(tcpKeepalive), {
    default: 'no probes',
    notInForce: 'only `connectionPool.tcp.tcpKeepalive` of a DestinationRule has probes sent',
  }),
  outboundTrafficPolicy: field(
    'Where calls to hosts go that no service has.',
    optional(
      message({
        mode: field(
          '`REGISTRY_ONLY` refuses them, `ALLOW_ANY` lets them through, `ALLOW_ANY_DYNAMIC_DNS` looks their host up.',
          optional(enumeration({ REGISTRY_ONLY: 0, ALLOW_ANY: 1, ALLOW_ANY_DYNAMIC_DNS: 3 })),
          {
            default: '`ALLOW_ANY`',
            notInForce: '`ALLOW_ANY_DYNAMIC_DNS` does what `ALLOW_ANY` does',
            notInForceIf: mode => mode === 'ALLOW_ANY_DYNAMIC_DNS',
          },
        ),
        tls: field('How such calls are secured, with `ALLOW_ANY_DYNAMIC_DNS`.', optional(clientTls), {
          default: 'as the workload calls',
          notInForce: 'such calls go as the workload makes them',
        }),
      }),
    ),
  ),
  inboundTrafficPolicy: field(
    'Where calls to the workload go.',
    optional(
      message({
        mode: field(
          '`PASSTHROUGH`: the address that was called. `LOCALHOST`: the loopback address.',
          optional(enumeration({ PASSTHROUGH: 0, LOCALHOST: 1 })),
          { default: '`PASSTHROUGH`' },
        ),
      }),
    ),
  ),
  dnsRefreshRate: field('How often names are looked up again.', optional(positiveDuration()), {
    unit: 'duration',
    default: '60s',
  }),
  h2UpgradePolicy: field(
    'Whether plain HTTP ports are called by HTTP/2.',
    optional(enumeration({ DO_NOT_UPGRADE: 0, UPGRADE: 1 })),
    { default: '`DO_NOT_UPGRADE`' },
  ),
  localityLbSetting: field('What the localities of endpoints mean.', optional(localityLoadBalancer)),
  zoneAwareLbSetting: field(
    "Prefers endpoints of the caller's zone as far as they can carry it.",
    optional(zoneAwareLoadBalancer),
  ),
  pathNormalization: field(
    "How paths are made alike before rules look at them. What the workload's own server does must be the same.",
    optional(
      message({
        normalization: field(
          '`NONE`; `BASE`: RFC 3986; `MERGE_SLASHES`: and slashes side by side are one; `DECODE_AND_MERGE_SLASHES`: and ' +
            'so are those that are percent-encoded. `DEFAULT` is `BASE`.',
          optional(enumeration({ DEFAULT: 0, NONE: 1, BASE: 2, MERGE_SLASHES: 3, DECODE_AND_MERGE_SLASHES: 4 })),
          { default: '`DEFAULT`' },
        ),
      }),
    ),
  ),
  defaultHttpRetryPolicy: field('Retries of routes that say nothing of them.', optional(httpRetries), {
    default: '`attempts: 2`',
  }),
  defaultTrafficPolicy: field(
    'What holds for connections where no DestinationRule says otherwise.',
    optional(
      message({
        connectionPool: field('How many connections and requests there may be.', optional(connectionPool)),
        outlierDetection: field('When an endpoint that fails is left out for a while.', optional(outlierDetection)),
      }),
    ),
    { default: 'nothing', notInForce: 'only a DestinationRule bounds connections' },
  ),
}
