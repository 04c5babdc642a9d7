/** Of the ProxyConfig, how the proxy is started, found ready and ended. */

import { positiveDuration, zeroOrPositiveDuration } from '../kinds/duration-rules.ts'
import { proxyImage } from '../kinds/proxy-config.ts'
import { readinessProbe } from '../kinds/workload-group.ts'
import {
  bool,
  enumeration,
  field,
  int32,
  list,
  map,
  message,
  optional,
  requiredText,
  text,
  uint32,
  wrapped,
} from '../schema/fields.ts'
import { proxySetting } from './proxy-setting.ts'

/** Text that may be left out, and may not be empty. */
const path = () => requiredText(4096)

export const proxyProcess = {
  configPath: proxySetting("The folder of the proxy's generated configuration.", path(), {
    unit: 'path',
    default: './etc/istio/proxy',
  }),
  binaryPath: proxySetting('The program of the proxy.', path(), { unit: 'path', default: '/usr/local/bin/envoy' }),
  customConfigFile: proxySetting('A configuration of the proxy in place of the generated one.', text(4096), {
    unit: 'path',
  }),
  proxyBootstrapTemplatePath: proxySetting("A template of the proxy's bootstrap.", text(4096), { unit: 'path' }),
  serviceCluster: proxySetting('The name of the cluster that the proxy counts itself to.', requiredText(1024), {
    default: 'istio-proxy',
  }),
  tracingServiceName: proxySetting(
    'The name of the service in spans, instead.',
    enumeration({ APP_LABEL_AND_NAMESPACE: 0, CANONICAL_NAME_ONLY: 1, CANONICAL_NAME_AND_NAMESPACE: 2 }),
  ),
  concurrency: proxySetting(
    'How many worker threads the proxy has; 0: as many as the machine has cores.',
    wrapped(int32()),
    { default: "by the container's limit of CPU" },
  ),
  image: proxySetting("Which build of the proxy's image is used.", proxyImage),
  drainDuration: proxySetting(
    'How long connections are drained when a listener goes, in whole seconds.',
    positiveDuration(),
    {
      unit: 'duration',
      default: '45s',
    },
  ),
  terminationDrainDuration: proxySetting(
    'How long connections are drained when the proxy ends.',
    zeroOrPositiveDuration(),
    {
      unit: 'duration',
      default: '5s',
    },
  ),
  discoveryAddress: proxySetting('The host and the port of the control plane.', requiredText(512), {
    default: 'istiod.istio-system.svc:15012',
  }),
  discoveryRefreshDelay: proxySetting('How often the control plane is asked.', zeroOrPositiveDuration(), {
    unit: 'duration',
    deprecated: 'proxies are told of changes, and ask no more',
  }),
  controlPlaneAuthPolicy: proxySetting(
    'How the proxy proves itself to the control plane: `NONE` or `MUTUAL_TLS`.',
    enumeration({ NONE: 0, MUTUAL_TLS: 1, INHERIT: 1000 }),
    { default: '`MUTUAL_TLS`' },
  ),
  proxyAdminPort: proxySetting("The port of the proxy's own administration.", uint32(), { default: '15000' }),
  statusPort: proxySetting("The port that tells the agent's health.", uint32(), { default: '15020' }),
  readinessProbe: proxySetting('How an agent finds out whether its workload is healthy, on VMs.', readinessProbe),
  holdApplicationUntilProxyStarts: proxySetting(
    'Containers of the application start after the proxy is ready.',
    wrapped(bool()),
    { default: 'false' },
  ),
  interceptionMode: proxySetting(
    'How calls to the workload are captured.',
    enumeration({ REDIRECT: 0, TPROXY: 1, NONE: 2 }),
    { default: '`REDIRECT`' },
  ),
  meshId: proxySetting('The id of the mesh, for telemetry.', text(253), { default: 'the trust domain' }),
  availabilityZone: proxySetting('The zone that the proxy is in.', text(253), {
    deprecated: 'the locality of the workload counts',
  }),
  proxyMetadata: proxySetting(
    "Variables of the proxy's environment; those that begin with `ISTIO_META_` become metadata of its node.",
    map(text(65_536)),
  ),
  runtimeValues: proxySetting("Values of Envoy's runtime.", map(text(65_536))),
  caCertificatesPem: proxySetting('Further roots that the proxy trusts, each in PEM.', list(text(1_048_576), 256)),
  sds: proxySetting(
    'How secrets get to the proxy.',
    message({
      enabled: field('They come from the agent.', optional(bool())),
      k8sSaJwtPath: field('The file of the token of the service account.', optional(text(4096)), { unit: 'path' }),
    }),
    { deprecated: 'secrets always come from the agent' },
  ),
  privateKeyProvider: proxySetting(
    'Hardware that does the work of private keys.',
    message(
      {
        cryptomb: field('CryptoMB of Intel processors.', optional(keyHardware())),
        qat: field('QuickAssist of Intel.', optional(keyHardware())),
      },
      { exclusive: [['cryptomb', 'qat']] },
    ),
  ),
}

function keyHardware() {
  return message({
    pollDelay: field('How long the hardware is waited for before it is asked again.', optional(positiveDuration()), {
      unit: 'duration',
      default: '**required**',
    }),
    fallback: field('Where there is no such hardware, the processor does the work.', optional(wrapped(bool())), {
      default: 'false',
    }),
  })
}
