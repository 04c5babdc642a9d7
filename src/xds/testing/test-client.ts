/** A client that says exactly what a test tells it to; `follow` makes it behave like a good one. */

import assert from 'node:assert/strict'
import type { RpcStatus } from '../../platform/rpc.ts'
import type { XdsVariant } from '../table-set.ts'
import type { ClientStream } from './client-stream.ts'
import { decodeResponse, encodeRequest, type WireRequest, type WireResponse } from './wire.ts'

export const testNode = { id: 'sidecar~192.0.2.1~web-1.photos~photos.svc.cluster.local', cluster: 'web.photos' }

export class TestClient {
  readonly stream: ClientStream
  readonly variant: XdsVariant
  readonly received: WireResponse[] = []
  /** What a good client holds: type → name → content. */
  readonly state = new Map<string, Map<string, string>>()
  status: RpcStatus | undefined
  readonly #unread: WireResponse[] = []
  #waiting: (() => void)[] = []
  #isFirst = true
  #react: ((response: WireResponse) => WireRequest | undefined) | undefined
  #names = new Map<string, readonly string[]>()

  constructor(stream: ClientStream, variant: XdsVariant) {
    this.stream = stream
    this.variant = variant
    stream.onMessage(body => this.#take(decodeResponse(variant, body)))
    stream.onEnd(status => {
      this.status = status
      this.#wakeWaiting()
    })
  }

  /** Adds the node to the first request unless the test gives one. */
  send(request: WireRequest): void {
    const whole = this.#isFirst && !('node' in request) ? { node: testNode, ...request } : request
    this.#isFirst = false
    if (request.resourceNames !== undefined) this.#names.set(request.typeUrl ?? '', request.resourceNames)
    this.stream.send(encodeRequest(this.variant, whole))
  }

  /** Names are given as delta subscriptions or as the whole list, as the variant demands. */
  subscribe(typeUrl: string, names: readonly string[] = []): void {
    this.send(this.variant === 'delta' ? { typeUrl, resourceNamesSubscribe: names } : { typeUrl, resourceNames: names })
  }

  accept(response: WireResponse): void {
    this.send(this.#answer(response))
  }

  refuse(response: WireResponse, message = 'not today'): void {
    this.send({ ...this.#answer(response), errorDetail: { code: 3, message } })
  }

  /** From now on every response is applied and accepted; `react` may give another answer. */
  follow(react: (response: WireResponse) => WireRequest | undefined = () => undefined): void {
    this.#react = react
    for (const response of this.#unread.splice(0)) this.#reactTo(response)
  }

  /** The next response, in the order of arrival, that nothing has looked at. */
  async next(): Promise<WireResponse> {
    for (;;) {
      const response = this.#unread.shift()
      if (response !== undefined) return response
      assert.equal(this.status, undefined, `the stream ended: ${JSON.stringify(this.status)}`)
      await new Promise<void>(resolve => this.#waiting.push(resolve))
    }
  }

  /** Resolves when `condition` holds after a response; looked at with each that comes. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>(resolve => this.#waiting.push(resolve))
  }

  async end(): Promise<RpcStatus> {
    while (this.status === undefined) await new Promise<void>(resolve => this.#waiting.push(resolve))
    return this.status
  }

  /** Responses that have arrived and that nothing has looked at. */
  get unread(): readonly WireResponse[] {
    return this.#unread
  }

  answerTo(response: WireResponse): WireRequest {
    return this.#answer(response)
  }

  #answer(response: WireResponse): WireRequest {
    const { typeUrl, nonce } = response
    if (this.variant === 'delta') return { typeUrl, responseNonce: nonce }
    return {
      typeUrl,
      responseNonce: nonce,
      versionInfo: response.version,
      resourceNames: this.#names.get(typeUrl) ?? [],
    }
  }

  #take(response: WireResponse): void {
    this.received.push(response)
    if (this.#react === undefined) this.#unread.push(response)
    else this.#reactTo(response)
    this.#wakeWaiting()
  }

  #reactTo(response: WireResponse): void {
    const answer = this.#react?.(response)
    if (answer?.errorDetail === undefined) applyResponse(this.state, response, this.variant)
    this.send(answer ?? this.#answer(response))
  }

  #wakeWaiting(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const wake of waiting) wake()
  }
}

const wholeState = /\.(Cluster|Listener)$/

/** "if a previously seen resource is not present in a new response, that indicates that the resource has been removed" */
export function applyResponse(
  state: Map<string, Map<string, string>>,
  response: WireResponse,
  variant: XdsVariant,
): void {
  const isWhole = variant === 'sotw' && wholeState.test(response.typeUrl)
  const held = isWhole ? new Map<string, string>() : (state.get(response.typeUrl) ?? new Map<string, string>())
  for (const [name, content] of response.resources) held.set(name, content)
  for (const name of response.removed) held.delete(name)
  state.set(response.typeUrl, held)
}
