/** What the management API says of connected proxies, from the xDS sessions and the tables that they are served from. */

import type { ProxyStatus, ProxyTypeStatus } from '../../admin/daemon-view.ts'
import { MeshwrightError } from '../../platform/errors.ts'
import { resourceTypes, shortTypeOf, typeUrlFor } from '../../platform/resource-types.ts'
import type { SessionStatus, TypeStatus } from '../../xds/session-status.ts'

/** What refusals of these resources are blamed on. */
export type BlameFor = (typeUrl: string, names: readonly string[]) => string | undefined

export function proxyStatusFrom(session: SessionStatus, blameFor: BlameFor): ProxyStatus {
  return {
    node: session.node.id,
    identity: session.peer.certificate?.uris[0] ?? '',
    address: session.peer.address,
    variant: session.variant,
    version: session.node.userAgentVersion,
    connectedAt: new Date(session.connectedAtMs).toISOString(),
    types: session.types.map(type => typeStatusFrom(type, blameFor)),
  }
}

function typeStatusFrom(type: TypeStatus, blameFor: BlameFor): ProxyTypeStatus {
  const { lastNack } = type
  const blame = type.isRefused ? blameFor(type.typeUrl, type.refusedNames) : undefined
  return {
    type: shortTypeOf(type.typeUrl),
    typeUrl: type.typeUrl,
    state: type.isRefused ? 'rejected' : type.isUnacked ? 'pending' : 'applied',
    acknowledged: type.held().size,
    ...(lastNack === undefined
      ? {}
      : {
          rejection: {
            message: lastNack.message,
            at: new Date(lastNack.atMs).toISOString(),
            ...(blame === undefined ? {} : { blame }),
          },
        }),
  }
}

/** By node id, or by the `NAME.NAMESPACE` part of it. Throws `PROXY_NOT_FOUND` or `PROXY_AMBIGUOUS`. */
export function findSession(sessions: Iterable<SessionStatus>, name: string): SessionStatus {
  const found = [...sessions].filter(({ node }) => node.id === name || node.id.split('~')[2] === name)
  const [session] = found
  if (session === undefined) {
    throw new MeshwrightError('PROXY_NOT_FOUND', {
      message: `no connected proxy is called ${JSON.stringify(name)}`,
      remedy: 'See `meshwright get proxies` for the names.',
    })
  }
  // A proxy that reconnects may have two streams for a moment; the younger is the one that counts.
  const [first, ...others] = found.sort((a, b) => b.connectedAtMs - a.connectedAtMs)
  if (others.some(other => other.node.id !== session.node.id)) {
    throw new MeshwrightError('PROXY_AMBIGUOUS', {
      message: `${found.length} connected proxies are called ${JSON.stringify(name)}`,
      remedy: `Use the whole node id: ${found.map(({ node }) => node.id).join(', ')}.`,
    })
  }
  return first ?? session
}

/** Throws `RESOURCE_TYPE_UNKNOWN`. */
export function typeUrlNamed(type: string): string {
  const known = resourceTypes.find(candidate => candidate === type)
  if (known !== undefined) return typeUrlFor(known)
  throw new MeshwrightError('RESOURCE_TYPE_UNKNOWN', {
    message: `there is no resource type ${JSON.stringify(type)}`,
    remedy: `Use ${resourceTypes.join(', ')}.`,
  })
}
