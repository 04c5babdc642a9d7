/**
 * Who a proxy is: what its certificate proves, and what its node message adds to that. The certificate decides the
 * namespace and the service account; a message that says otherwise is refused, never believed. What the message alone
 * says (labels, addresses, locality) changes only what the proxy itself is given, within its namespace.
 */

import { isHostname, isIpAddress } from '../config/kinds/host-syntax.ts'
import { MeshwrightError } from '../platform/errors.ts'
import type { SpiffeId } from '../platform/spiffe.ts'
import type { Locality } from './endpoint.ts'
import { localityOfLabels, withLocality } from './locality.ts'
import { addressesOf, flag, interceptionModeOf, labelsOf, textOf } from './node-metadata.ts'
import type { ProxyIdentity } from './proxy.ts'

/** `envoy.config.core.v3.Node`, as far as it is read here. */
export interface NodeDescription {
  readonly id: string
  readonly metadata: Readonly<Record<string, unknown>>
  readonly locality?: Locality
}

/**
 * Throws `NODE_INVALID` (INVALID_ARGUMENT) for a message that describes no sidecar, and `NODE_NOT_AUTHORIZED`
 * (PERMISSION_DENIED) when the identity is not that of the proxy described. Without identity, on the plaintext port,
 * the message is all there is.
 */
export function proxyIdentityFrom(
  node: NodeDescription,
  identity: SpiffeId | undefined,
  variant: ProxyIdentity['variant'],
): ProxyIdentity {
  const id = parseNodeId(node.id)
  const { metadata } = node
  const namespace = textOf(metadata, 'NAMESPACE') || id.namespace
  const serviceAccount = textOf(metadata, 'SERVICE_ACCOUNT')
  requireName('NAMESPACE', namespace)
  if (serviceAccount !== '') requireName('SERVICE_ACCOUNT', serviceAccount)
  if (identity !== undefined) {
    requireIdentity(identity, { namespace, idNamespace: id.namespace, serviceAccount })
  }
  const ipAddresses = addressesOf(metadata, id.address)
  if (ipAddresses.length === 0)
    throw invalid(`the node ${shown(node.id)} has no IP address, in its id or in INSTANCE_IPS`)
  const labels = labelsOf(metadata)
  return Object.freeze<ProxyIdentity>({
    id: node.id,
    type: 'sidecar',
    name: id.name,
    namespace: identity?.namespace ?? namespace,
    serviceAccount: identity?.serviceAccount ?? serviceAccount,
    trustDomain: identity?.trustDomain ?? '',
    ipAddresses,
    labels,
    interceptionMode: interceptionModeOf(metadata),
    ...(flag(metadata, 'UNPRIVILEGED_POD') ? { unprivileged: true } : {}),
    clusterId: textOf(metadata, 'CLUSTER_ID'),
    network: textOf(metadata, 'NETWORK'),
    ...withLocality(localityOfLabels(labels) ?? localityOf(node)),
    dnsDomain: id.dnsDomain,
    variant,
  })
}

interface NodeId {
  /** '' when the id has none. */
  readonly address: string
  readonly name: string
  readonly namespace: string
  readonly dnsDomain: string
}

/** `TYPE~IP~NAME.NAMESPACE~DOMAIN`. Names of pods may hold dots, names of namespaces may not. */
function parseNodeId(id: string): NodeId {
  if (id === '') throw invalid('missing node information')
  if (id.length > longestId) throw invalid(`the node id is longer than ${longestId} characters`)
  // It is shown in logs, tables and the answers of the management API.
  if (!/^[\x21-\x7e]*$/.test(id)) throw invalid(`the node id ${shown(id)} holds something else than printable ASCII`)
  const parts = id.split('~')
  const [type = '', address = '', workload = '', dnsDomain = ''] = parts
  if (parts.length !== 4)
    throw invalid(`the node id ${shown(id)} has ${parts.length} parts, not TYPE~IP~NAME.NAMESPACE~DOMAIN`)
  if (type !== 'sidecar') throw invalid(`nodes of type ${shown(type)} are not served; sidecar is`)
  if (address !== '' && !isIpAddress(address))
    throw invalid(`the node id ${shown(id)} has no IP address as its second part`)
  const dot = workload.lastIndexOf('.')
  const name = workload.slice(0, dot)
  const namespace = workload.slice(dot + 1)
  if (dot < 1 || namespace === '') throw invalid(`the node id ${shown(id)} has no NAME.NAMESPACE as its third part`)
  if (!isHostname(dnsDomain)) throw invalid(`the node id ${shown(id)} has no DNS domain as its fourth part`)
  return { address, name, namespace, dnsDomain: dnsDomain.toLowerCase() }
}

const longestId = 1024

/** As in an identity: nothing that separates the parts of a key. */
function requireName(key: string, name: string): void {
  if (!/^[A-Za-z0-9._-]+$/.test(name)) throw invalid(`the node's ${key} ${shown(name)} is no name`)
}

function requireIdentity(
  identity: SpiffeId,
  claimed: { readonly namespace: string; readonly idNamespace: string; readonly serviceAccount: string },
): void {
  for (const namespace of [claimed.namespace, claimed.idNamespace]) {
    if (namespace !== identity.namespace) {
      throw denied(identity, `is of namespace ${identity.namespace}, the node says ${shown(namespace)}`)
    }
  }
  if (claimed.serviceAccount !== '' && claimed.serviceAccount !== identity.serviceAccount) {
    throw denied(
      identity,
      `is of service account ${identity.serviceAccount}, the node says ${shown(claimed.serviceAccount)}`,
    )
  }
}

function localityOf({ locality }: NodeDescription): Locality | undefined {
  if (locality === undefined) return undefined
  const { region, zone, subZone } = locality
  return region === '' && zone === '' && subZone === '' ? undefined : Object.freeze({ region, zone, subZone })
}

function invalid(message: string): MeshwrightError {
  return new MeshwrightError('NODE_INVALID', { message })
}

function denied(identity: SpiffeId, reason: string): MeshwrightError {
  return new MeshwrightError('NODE_NOT_AUTHORIZED', {
    message: `authorization failed: the identity ${identity.uri} ${reason}`,
    remedy: 'Run the agent with the namespace and service account that its certificate was issued for.',
    facts: { identity: identity.uri },
  })
}

/** Quoted, so that no control character gets into a log, and cut short. */
function shown(text: string): string {
  return JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text)
}
