/**
 * A client that behaves as the protocol asks, one step at a time: it applies a response when it processes it, keeps its
 * state over reconnects, and remembers what it is subscribed to. Content of routes and virtual hosts is a cluster's name.
 */

import { scopeOf } from '../subscription.ts'
import type { XdsVariant } from '../table-set.ts'
import { typeUrls } from '../type-rules.ts'
import type { FakeStream } from './fake-transport.ts'
import { testNode } from './test-client.ts'
import { decodeResponse, encodeRequest, type WireRequest, type WireResponse } from './wire.ts'

interface Held {
  readonly content: string
  readonly version: string
}

const wildcardTypes: readonly string[] = [typeUrls.cluster, typeUrls.listener]

export class ModelClient {
  readonly variant: XdsVariant
  readonly state = new Map<string, Map<string, Held>>()
  readonly #open: () => FakeStream
  /** Wildcard types are here with an empty set. */
  readonly #subscribed = new Map<string, Set<string>>()
  #stream: FakeStream
  #unread: WireResponse[] = []
  #lastNonce = new Map<string, string>()
  /** Set when the server ended the stream. */
  ended = false

  constructor(variant: XdsVariant, types: ReadonlyMap<string, readonly string[]>, open: () => FakeStream) {
    this.variant = variant
    this.#open = open
    for (const [typeUrl, names] of types) this.#subscribed.set(typeUrl, new Set(names))
    this.#stream = this.#connect()
  }

  get hasUnread(): boolean {
    return this.#unread.length > 0
  }

  names(typeUrl: string): ReadonlySet<string> {
    return this.#subscribed.get(typeUrl) ?? new Set()
  }

  held(typeUrl: string): ReadonlyMap<string, string> {
    return new Map([...(this.state.get(typeUrl) ?? [])].map(([name, { content }]) => [name, content]))
  }

  /** Drops the stream and opens another; what the client holds stays. */
  reconnect(): void {
    this.#stream.cancel()
    this.#stream = this.#connect()
  }

  forget(): void {
    this.state.clear()
  }

  pause(): void {
    this.#stream.pause()
  }

  resume(): void {
    this.#stream.resume()
  }

  /** Applies the oldest response and acknowledges it. */
  accept(): void {
    const response = this.#unread.shift()
    if (response === undefined) return
    this.#apply(response)
    this.#answer(response, {})
  }

  /** Refuses the oldest response if `mayRefuse` says so, else accepts it. */
  refuse(mayRefuse: (typeUrl: string) => boolean): void {
    const [response] = this.#unread
    if (response === undefined) return
    if (mayRefuse(response.typeUrl)) {
      this.#unread.shift()
      this.#answer(response, { errorDetail: { code: 3, message: 'refused' } })
    } else this.accept()
  }

  subscribe(typeUrl: string, name: string): void {
    this.#subscribed.get(typeUrl)?.add(name)
    if (this.variant === 'delta') this.#send({ typeUrl, resourceNamesSubscribe: [name] })
    else this.#sendNames(typeUrl)
  }

  unsubscribe(typeUrl: string, name: string): void {
    const names = this.#subscribed.get(typeUrl)
    if (names?.delete(name) !== true) return
    this.state.get(typeUrl)?.delete(name)
    if (typeUrl === typeUrls.route) {
      const hosts = this.state.get(typeUrls.virtualHost)
      for (const host of hosts?.keys() ?? []) if (scopeOf(host) === name) hosts?.delete(host)
    }
    if (this.variant === 'delta') this.#send({ typeUrl, resourceNamesUnsubscribe: [name] })
    else this.#sendNames(typeUrl)
  }

  #connect(): FakeStream {
    const stream = this.#open()
    this.#unread = []
    this.#lastNonce = new Map()
    stream.onMessage(body => this.#unread.push(decodeResponse(this.variant, body)))
    stream.onEnd(status => {
      if (status.code !== 'CANCELLED') this.ended = true
    })
    this.#stream = stream
    let node: WireRequest = { node: testNode }
    for (const [typeUrl, names] of this.#subscribed) {
      const initialResourceVersions = Object.fromEntries(
        [...(this.state.get(typeUrl) ?? [])].map(([name, { version }]) => [name, version]),
      )
      const subscription =
        this.variant === 'delta'
          ? { resourceNamesSubscribe: [...names], initialResourceVersions }
          : { resourceNames: [...names] }
      this.#send({ ...node, typeUrl, ...subscription })
      node = {}
    }
    return stream
  }

  #send(request: WireRequest): void {
    this.#stream.send(encodeRequest(this.variant, request))
  }

  #sendNames(typeUrl: string): void {
    const responseNonce = this.#lastNonce.get(typeUrl) ?? ''
    this.#send({ typeUrl, responseNonce, resourceNames: [...this.names(typeUrl)] })
  }

  #answer(response: WireResponse, extra: WireRequest): void {
    const { typeUrl, nonce } = response
    this.#lastNonce.set(typeUrl, nonce)
    const names = this.variant === 'sotw' ? { resourceNames: [...this.names(typeUrl)] } : {}
    this.#send({ typeUrl, responseNonce: nonce, ...names, ...extra })
  }

  #apply({ typeUrl, resources, versions, removed }: WireResponse): void {
    const isWildcard = wildcardTypes.includes(typeUrl)
    const held = new Map(this.variant === 'sotw' && isWildcard ? [] : (this.state.get(typeUrl) ?? []))
    const names = this.names(typeUrl)
    for (const [name, content] of resources) {
      const isMine =
        isWildcard ||
        names.has(name) ||
        (typeUrl === typeUrls.virtualHost && this.names(typeUrls.route).has(scopeOf(name)))
      // "The client will silently ignore any supplied resources that were not explicitly requested."
      if (isMine) held.set(name, { content, version: versions.get(name) ?? '' })
    }
    for (const name of removed) held.delete(name)
    this.state.set(typeUrl, held)
  }
}
