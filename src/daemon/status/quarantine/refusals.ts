/** What proxies have refused: each content of a resource once, with who refused it and in which words. */

import type { SessionStatus, TypeStatus } from '../../../xds/session-status.ts'
import type { NodeIdentity, XdsVariant } from '../../../xds/table-set.ts'

/** One content of a resource, refused by proxies of one build. */
export interface Refusal {
  readonly typeUrl: string
  readonly name: string
  /** Of the content that was refused. */
  readonly version: string
  readonly build: string
  readonly sinceMs: number
  /** In the words of the first. */
  readonly message: string
  /** Distinct SPIFFE ids; a proxy without one counts as nobody. */
  readonly identities: ReadonlySet<string>
  /** The stream of the last one. */
  readonly session: SessionStatus
}

export interface Refusals {
  /** Undefined when the words and the response leave open which resource is meant. */
  note(session: SessionStatus, type: TypeStatus, message: string, atMs: number): Refusal | undefined
  /** Only the last who refused counts from now on. */
  restart(refusal: Refusal): void
  forget(refusal: Pick<Refusal, 'typeUrl' | 'name'>): void
}

const mostRefusals = 1000
const mostIdentities = 100

export function createRefusals(): Refusals {
  const known = new Map<string, Refusal & { readonly identities: Set<string>; session: SessionStatus }>()
  return {
    note(session, type, message, atMs) {
      const name = culpritOf(type, message)
      const version = name === undefined ? undefined : type.sent([name]).get(name)
      if (name === undefined || version === undefined) return undefined
      const build = buildOf(session)
      const id = [type.typeUrl, name, version, build].join('\n')
      const refusal = known.get(id) ?? {
        typeUrl: type.typeUrl,
        name,
        version,
        build,
        sinceMs: atMs,
        message,
        identities: new Set<string>(),
        session,
      }
      known.set(id, refusal)
      refusal.session = session
      const identity = session.peer.certificate?.uris[0]
      if (identity !== undefined && refusal.identities.size < mostIdentities) refusal.identities.add(identity)
      for (const oldest of known.keys()) {
        if (known.size <= mostRefusals) break
        known.delete(oldest)
      }
      return refusal
    },
    restart({ typeUrl, name, version, build, session }) {
      const refusal = known.get([typeUrl, name, version, build].join('\n'))
      refusal?.identities.clear()
      const identity = session.peer.certificate?.uris[0]
      if (identity !== undefined) refusal?.identities.add(identity)
    },
    forget({ typeUrl, name }) {
      for (const [id, one] of known) if (one.typeUrl === typeUrl && one.name === name) known.delete(id)
    },
  }
}

/** As the proxy says of itself, for example `envoy 1.40.0 delta`. */
export function buildOf({ node, variant }: { readonly node: NodeIdentity; readonly variant: XdsVariant }): string {
  return [node.userAgentName || 'unknown', node.userAgentVersion || 'unknown', variant].join(' ')
}

/** The resource of a response of one, or the only one that the message names. */
function culpritOf({ lastChanged }: TypeStatus, message: string): string | undefined {
  const [first, ...others] = lastChanged
  if (first === undefined || others.length === 0) return first
  const named = lastChanged.filter(name => names(message, name))
  return named.length === 1 ? named[0] : undefined
}

/** `80` is not named by `10.0.0.1:8080`. */
function names(message: string, name: string): boolean {
  for (let at = message.indexOf(name); at >= 0; at = message.indexOf(name, at + 1)) {
    const around = `${message[at - 1] ?? ' '}${message[at + name.length] ?? ' '}`
    if (!partOfName.test(around)) return true
  }
  return false
}

const partOfName = /[\w.|/-]/
