/**
 * A client that does on an ADS stream what Envoy does: it asks for clusters, then for the endpoints that they name, for
 * listeners when the first clusters are warm, and for the routes, filters and virtual hosts that these name; it keeps what
 * it has when the stream breaks. One response is processed when the test says so.
 */

import assert from 'node:assert/strict'
import { scopeOf } from '../../src/xds/subscription.ts'
import type { XdsVariant } from '../../src/xds/table-set.ts'
import type { FakeStream } from '../../src/xds/testing/fake-transport.ts'
import { encodeRequest, type WireRequest } from '../../src/xds/testing/wire.ts'
import { typeUrls } from '../../src/xds/type-rules.ts'
import type { EnvoyResource } from './envoy-resource.ts'
import { type EnvoyResponse, envoyResponse } from './envoy-response.ts'

const { cluster, endpoint, listener, route, virtualHost, extension } = typeUrls
const types = [cluster, endpoint, listener, route, extension, virtualHost] as const
/** Asked for with no names: the server decides. */
const nameless: ReadonlySet<string> = new Set([cluster, listener, virtualHost])

export interface EnvoyNode {
  readonly name: string
  readonly namespace: string
  readonly address: string
  readonly labels: Readonly<Record<string, string>>
  readonly interceptionMode: 'REDIRECT' | 'TPROXY' | 'NONE'
  readonly variant: XdsVariant
}

interface Held {
  readonly resource: EnvoyResource
  readonly version: string
  /** The number of the stream that brought it. */
  readonly stream: number
}

/** What a response meant to this client, in the order in which it processed them. */
export interface Received {
  readonly typeUrl: string
  readonly added: readonly string[]
  readonly changed: readonly string[]
  readonly removed: readonly string[]
  /** Sent although the client had the same. */
  readonly repeated: readonly string[]
  /** Sent although the client does not want it, or removed although it does not have it. */
  readonly ignored: readonly string[]
}

export class EnvoyClient {
  readonly node: EnvoyNode
  readonly #open: (variant: XdsVariant) => FakeStream
  #stream: FakeStream | undefined
  #streams = 0
  #unread: EnvoyResponse[] = []
  readonly #held = new Map<string, Map<string, Held>>(types.map(type => [type, new Map()]))
  /** Types asked for on this stream, with the names that the server was told. */
  #asked = new Map<string, ReadonlySet<string>>()
  #hasHadClusters = false
  #nonces = new Map<string, string>()
  #versions = new Map<string, string>()
  /** Clusters that wait for endpoints since they came or changed. */
  readonly warming = new Set<string>()
  /** Clusters that came in a response that was refused, and have not been accepted since. */
  readonly refusedClusters = new Set<string>()
  readonly received: Received[] = []
  /** How the server has ended a stream; that it never should. */
  ended: string | undefined

  constructor(node: EnvoyNode, open: (variant: XdsVariant) => FakeStream) {
    this.node = node
    this.#open = open
  }

  get id(): string {
    return nodeId(this.node)
  }

  get isConnected(): boolean {
    return this.#stream !== undefined
  }

  get hasUnread(): boolean {
    return this.#unread.length > 0
  }

  /** The response that is processed next. */
  get next(): EnvoyResponse | undefined {
    return this.#unread[0]
  }

  held(typeUrl: string): ReadonlyMap<string, EnvoyResource> {
    return new Map([...this.#heldOf(typeUrl)].map(([name, { resource }]) => [name, resource]))
  }

  /** All that it holds: type → name → content. */
  state(): Readonly<Record<string, Readonly<Record<string, string>>>> {
    return Object.fromEntries(
      types.map(type => [
        type,
        Object.fromEntries([...this.held(type)].map(([name, { content }]) => [name, content] as const).sort()),
      ]),
    )
  }

  /** After a disconnect: every type that it has ever asked for is asked for again at once. */
  connect(): void {
    assert.equal(this.#stream, undefined)
    const stream = this.#open(this.node.variant)
    this.#stream = stream
    this.#streams++
    stream.onMessage(body => this.#unread.push(envoyResponse(this.node.variant, body)))
    stream.onEnd(({ code, message }) => {
      if (this.#stream === stream) this.ended = `${code} ${message}`
    })
    this.#forgetUntoldWarming()
    const before = this.#asked.size === 0 ? [cluster] : types.filter(type => this.#asked.has(type))
    this.#asked = new Map()
    for (const type of before) this.#askFirst(type)
    this.#askForNamed()
  }

  disconnect(): void {
    const stream = this.#stream
    this.#stream = undefined
    this.#unread = []
    this.#nonces = new Map()
    stream?.cancel()
  }

  /** Stops reading the socket. */
  pause(): void {
    this.#stream?.pause()
  }

  resume(): void {
    this.#stream?.resume()
  }

  /** Applies the oldest response and acknowledges it. */
  accept(): void {
    const response = this.#unread.shift()
    if (response === undefined) return
    this.#apply(response)
    this.#versions.set(response.typeUrl, response.version)
    this.#answer(response, {})
    this.#askForNamed()
    this.#forgetUnused()
  }

  /** Refuses the oldest response as a whole: what it holds stays as it is. */
  refuse(message = 'refused'): void {
    const response = this.#unread.shift()
    if (response === undefined) return
    if (response.typeUrl === cluster) {
      for (const { resource } of response.resources) {
        if (!this.#heldOf(cluster).has(resource.name)) this.refusedClusters.add(resource.name)
      }
    }
    this.#answer(response, { errorDetail: { code: 13, message } })
  }

  /**
   * Routes, virtual hosts and listeners that lead to a cluster that this client does not have, in words. In the state of
   * the world a client does not say what it holds from an earlier stream, so that no server can go by it.
   */
  dangling(): readonly string[] {
    const clusters = this.#heldOf(cluster)
    return [listener, route, virtualHost].flatMap(type =>
      [...this.#heldOf(type)].flatMap(([name, { resource, stream }]) =>
        (this.node.variant === 'sotw' && stream !== this.#streams ? [] : resource.clusters)
          .filter(target => !clusters.has(target) && !this.refusedClusters.has(target))
          .map(target => `${shortType(type)} ${name} names ${target}`),
      ),
    )
  }

  /** What it still waits for, in words: endpoints of a cluster, a route or filter of a listener. */
  missing(): readonly string[] {
    const lacks = (type: string, names: Iterable<string>): string[] =>
      [...names].filter(name => !this.#heldOf(type).has(name)).map(name => `${shortType(type)} ${name}`)
    return [
      ...[...this.warming].map(name => `endpoints for ${name}`),
      ...[endpoint, route, extension].flatMap(type => lacks(type, this.#wanted(type))),
    ]
  }

  #heldOf(typeUrl: string): Map<string, Held> {
    return this.#held.get(typeUrl) ?? assert.fail(`unexpected type ${typeUrl}`)
  }

  /** Names that what it holds refers to. */
  #wanted(typeUrl: string): ReadonlySet<string> {
    const [from, pick] = references[typeUrl] ?? assert.fail(typeUrl)
    return new Set([...this.#heldOf(from).values()].flatMap(({ resource }) => pick(resource)).sort())
  }

  #apply(response: EnvoyResponse): void {
    const { typeUrl, resources } = response
    const held = this.#heldOf(typeUrl)
    const mine = resources.filter(({ resource }) => this.#isMine(typeUrl, resource.name))
    const isWhole = this.node.variant === 'sotw' && (typeUrl === cluster || typeUrl === listener)
    const sent = new Set(mine.map(({ resource }) => resource.name))
    const ignored = [
      ...resources.map(({ resource }) => resource.name).filter(name => !sent.has(name)),
      ...response.removed.filter(name => !held.has(name)),
    ]
    const removed = (isWhole ? [...held.keys()].filter(name => !sent.has(name)) : response.removed).filter(name =>
      held.delete(name),
    )
    const added: string[] = []
    const changed: string[] = []
    const repeated: string[] = []
    for (const { resource, version } of mine) {
      const { name, content } = resource
      const before = held.get(name)
      held.set(name, { resource, version, stream: this.#streams })
      if (before === undefined) added.push(name)
      else if (before.resource.content === content) repeated.push(name)
      else changed.push(name)
    }
    if (typeUrl === cluster) this.#warm([...added, ...changed], removed)
    if (typeUrl === endpoint) for (const name of sent) this.warming.delete(name)
    this.received.push({ typeUrl, added, changed, removed, repeated, ignored })
  }

  /** "The client will silently ignore any supplied resources that were not explicitly requested." */
  #isMine(typeUrl: string, name: string): boolean {
    if (typeUrl === cluster || typeUrl === listener) return true
    if (typeUrl === virtualHost) return this.#heldOf(route).has(scopeOf(name))
    return this.#wanted(typeUrl).has(name)
  }

  /**
   * When the stream broke between a changed cluster and its endpoints, Envoy says on the next one that it has both, and no
   * server can know that the cluster still waits: Envoy goes on with the old one until the endpoints change.
   */
  #forgetUntoldWarming(): void {
    if (this.node.variant === 'sotw') return
    for (const name of this.warming) if (this.#heldOf(endpoint).has(name)) this.warming.delete(name)
  }

  #warm(fresh: readonly string[], removed: readonly string[]): void {
    this.#hasHadClusters = true
    for (const name of [...removed, ...fresh]) this.warming.delete(name)
    for (const name of fresh) {
      this.refusedClusters.delete(name)
      for (const assignment of this.#heldOf(cluster).get(name)?.resource.assignments ?? []) this.warming.add(assignment)
    }
  }

  /** What nothing refers to any more is dropped. */
  #forgetUnused(): void {
    for (const type of [endpoint, route, extension]) {
      const wanted = this.#wanted(type)
      const held = this.#heldOf(type)
      for (const name of [...held.keys()]) if (!wanted.has(name)) held.delete(name)
    }
    const hosts = this.#heldOf(virtualHost)
    const routes = this.#heldOf(route)
    for (const name of [...hosts.keys()]) if (!routes.has(scopeOf(name))) hosts.delete(name)
  }

  /** Tells the server of names that are new or not wanted any more, and asks for types whose time has come. */
  #askForNamed(): void {
    if (this.#stream === undefined) return
    for (const type of types) {
      const asked = this.#asked.get(type)
      if (asked === undefined) {
        if (this.#isTimeFor(type)) this.#askFirst(type)
      } else if (!nameless.has(type)) this.#askAgain(type, asked)
    }
  }

  #isTimeFor(type: string): boolean {
    switch (type) {
      case listener:
        return this.#hasHadClusters && this.warming.size === 0
      case virtualHost:
        return (
          this.node.variant === 'delta' &&
          [...this.#heldOf(route).values()].some(({ resource }) => resource.followsHosts)
        )
      default:
        return type !== cluster && this.#wanted(type).size > 0
    }
  }

  #askFirst(typeUrl: string): void {
    const names = nameless.has(typeUrl) ? new Set<string>() : this.#wanted(typeUrl)
    const isFirst = this.#asked.size === 0
    this.#asked.set(typeUrl, names)
    const versions = [...this.#heldOf(typeUrl)].map(([name, { version }]) => [name, version] as const)
    this.#send({
      ...(isFirst ? { node: nodeMessage(this.node) } : {}),
      typeUrl,
      ...(this.node.variant === 'delta'
        ? { resourceNamesSubscribe: [...names], initialResourceVersions: Object.fromEntries(versions) }
        : { resourceNames: [...names], versionInfo: this.#versions.get(typeUrl) ?? '' }),
    })
  }

  #askAgain(typeUrl: string, asked: ReadonlySet<string>): void {
    const wanted = this.#wanted(typeUrl)
    const added = [...wanted].filter(name => !asked.has(name))
    const gone = [...asked].filter(name => !wanted.has(name))
    if (added.length === 0 && gone.length === 0) return
    this.#asked.set(typeUrl, wanted)
    this.#send(
      this.node.variant === 'delta'
        ? { typeUrl, resourceNamesSubscribe: added, resourceNamesUnsubscribe: gone }
        : {
            typeUrl,
            resourceNames: [...wanted],
            versionInfo: this.#versions.get(typeUrl) ?? '',
            responseNonce: this.#nonces.get(typeUrl) ?? '',
          },
    )
  }

  #answer({ typeUrl, nonce }: EnvoyResponse, extra: WireRequest): void {
    this.#nonces.set(typeUrl, nonce)
    const state =
      this.node.variant === 'delta'
        ? {}
        : { resourceNames: [...(this.#asked.get(typeUrl) ?? [])], versionInfo: this.#versions.get(typeUrl) ?? '' }
    this.#send({ typeUrl, responseNonce: nonce, ...state, ...extra })
  }

  #send(request: WireRequest): void {
    this.#stream?.send(encodeRequest(this.node.variant, request))
  }
}

/** The words of a type URL that people know it by. */
export function shortType(typeUrl: string): string {
  return typeUrl.slice(typeUrl.lastIndexOf('.') + 1)
}

const references: Readonly<Record<string, [string, (resource: EnvoyResource) => readonly string[]]>> = {
  [endpoint]: [cluster, ({ assignments }) => assignments],
  [route]: [listener, ({ routes }) => routes],
  [extension]: [listener, ({ filters }) => filters],
}

function nodeId({ name, namespace, address }: EnvoyNode): string {
  return `sidecar~${address}~${name}.${namespace}~${namespace}.svc.cluster.local`
}

function nodeMessage(node: EnvoyNode): Record<string, unknown> {
  const { name, namespace, labels, interceptionMode } = node
  const text = (value: string) => ({ stringValue: value })
  return {
    id: nodeId(node),
    cluster: `${name}.${namespace}`,
    metadata: {
      fields: {
        NAMESPACE: text(namespace),
        INTERCEPTION_MODE: text(interceptionMode),
        CLUSTER_ID: text('Kubernetes'),
        LABELS: {
          structValue: { fields: Object.fromEntries(Object.entries(labels).map(([key, value]) => [key, text(value)])) },
        },
      },
    },
    userAgentName: 'envoy',
  }
}
