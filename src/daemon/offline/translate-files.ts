/** `meshwright translate`: files in, the Envoy resources of one of their workloads out; no daemon, no network. */

import type { TranslateFlags } from '../../cli/program.ts'
import { formatResources } from '../../cli/resource-tables.ts'
import { loadFiles } from '../../config/files/load-files.ts'
import { readSettingsFile, type SettingsReader } from '../../config/files/settings-file.ts'
import { meshConfigReader, meshNetworksReader } from '../../config/files/settings-readers.ts'
import type { AnyObject, ObjectOf } from '../../config/kinds/catalogue.ts'
import { defaultMeshConfig, type MeshConfig } from '../../config/mesh-config.ts'
import { noNetworks } from '../../config/parse-mesh-networks.ts'
import { formatProblem } from '../../config/problem.ts'
import type { ProxyIdentity } from '../../discovery/proxy.ts'
import { MeshwrightError } from '../../platform/errors.ts'
import { silentLog } from '../../platform/log.ts'
import { shortTypeOf, typesFor } from '../../platform/resource-types.ts'
import { translateOffline } from '../../translate/offline.ts'

/** Warnings go to `warn`, a line each. Throws `CONFIG_INVALID` with every problem when an object is invalid. */
export function translateFiles(flags: TranslateFlags, warn: (line: string) => void): string {
  const { objects, problems } = loadFiles(flags.files, { log: silentLog })
  const errors = problems.filter(({ severity }) => severity === 'error')
  for (const problem of problems) if (problem.severity === 'warning') warn(formatProblem(problem))
  if (errors.length > 0) {
    throw new MeshwrightError('CONFIG_INVALID', {
      message: `${errors.length} of the files' objects cannot be used:\n${errors.map(formatProblem).join('\n')}`,
      remedy: 'Mend what is named.',
    })
  }
  const settings = <T>(reader: SettingsReader<T>, file: string | undefined, absent: T): T => {
    if (file === undefined) return absent
    const { value, warnings } = readSettingsFile(reader, file)
    for (const warning of warnings) warn(formatProblem(warning))
    return value
  }
  const mesh = settings(meshConfigReader, flags.meshConfig, defaultMeshConfig)
  const networks = settings(meshNetworksReader, flags.meshNetworks, noNetworks)
  const wanted = typesFor(flags.type ?? 'all')
  const translated = translateOffline({ objects, mesh, networks, proxy: proxyFrom(objects, mesh, flags) })
  const byType = Object.fromEntries(
    wanted.flatMap(type => {
      const found = Object.entries(translated).find(([typeUrl]) => shortTypeOf(typeUrl) === type)?.[1]
      return found === undefined ? [] : [[type, found] as const]
    }),
  )
  if (flags.output === 'json') return `${JSON.stringify(byType, undefined, 2)}\n`
  return formatResources(
    Object.fromEntries(
      Object.entries(byType).map(([type, found]) => [type, found.map(item => ({ ...item, version: '' }))]),
    ),
  )
}

const interceptionModes = ['REDIRECT', 'TPROXY', 'NONE'] as const
const interceptionAnnotation = 'sidecar.istio.io/interceptionMode'

function proxyFrom(objects: readonly AnyObject[], mesh: MeshConfig, flags: TranslateFlags): ProxyIdentity {
  const [namespace = '', name = '', ...rest] = flags.proxy.split('/')
  if (name === '' || rest.length > 0) {
    throw new MeshwrightError('OPTION_INVALID', {
      message: `--proxy ${JSON.stringify(flags.proxy)} is not NAMESPACE/NAME`,
      remedy: 'Name a Pod or a WorkloadEntry of the files.',
    })
  }
  const workload = objects.find(
    (object): object is ObjectOf<'Pod'> | ObjectOf<'WorkloadEntry'> =>
      (object.kind === 'Pod' || object.kind === 'WorkloadEntry') &&
      object.metadata.namespace === namespace &&
      object.metadata.name === name,
  )
  if (workload === undefined) {
    throw new MeshwrightError('PROXY_NOT_FOUND', {
      message: `the files have no Pod and no WorkloadEntry ${flags.proxy}`,
      remedy: 'Give --proxy NAMESPACE/NAME of one of their workloads.',
    })
  }
  const { addresses, serviceAccount, labels, network } = describe(workload)
  const [address] = addresses
  if (address === undefined) {
    throw new MeshwrightError('PROXY_NOT_FOUND', {
      message: `${flags.proxy} has no IP address`,
      remedy: 'Give it one in the files.',
    })
  }
  return {
    id: `sidecar~${address}~${name}.${namespace}~${namespace}.svc.cluster.local`,
    type: 'sidecar',
    name,
    namespace,
    serviceAccount,
    trustDomain: mesh.trustDomain,
    ipAddresses: addresses,
    labels,
    interceptionMode:
      flags.interceptionMode ??
      interceptionModes.find(mode => mode === workload.metadata.annotations[interceptionAnnotation]) ??
      'REDIRECT',
    clusterId: 'Kubernetes',
    network,
    dnsDomain: `${namespace}.svc.cluster.local`,
    variant: flags.xds,
  }
}

const networkLabel = 'topology.istio.io/network'

interface WorkloadDescription {
  readonly addresses: readonly string[]
  readonly serviceAccount: string
  readonly labels: Readonly<Record<string, string>>
  /** '' where it says none itself. */
  readonly network: string
}

function describe(workload: ObjectOf<'Pod'> | ObjectOf<'WorkloadEntry'>): WorkloadDescription {
  if (workload.kind === 'WorkloadEntry') {
    const { address, serviceAccount = '', network = '' } = workload.spec
    const labels = { ...workload.metadata.labels, ...workload.spec.labels }
    const addresses = address === undefined ? [] : [address]
    return { addresses, serviceAccount, labels, network: network || (labels[networkLabel] ?? '') }
  }
  const { status, spec, metadata } = workload
  const addresses = status?.podIPs?.map(({ ip }) => ip) ?? (status?.podIP === undefined ? [] : [status.podIP])
  const { labels } = metadata
  return {
    addresses,
    serviceAccount: spec.serviceAccountName ?? 'default',
    labels,
    network: labels[networkLabel] ?? '',
  }
}
