/**
 * What one xDS stream of Envoy has asked for and what it holds, so that the stream to the daemon can be replaced
 * underneath it. One implementation per variant; pure but for the last good configuration that it feeds.
 */

export interface Ledger {
  /** Of the node in a request, in this variant. */
  readonly nodeField: number
  /** Notes a request of Envoy. */
  request(body: Buffer): RequestVerdict
  /** Notes a response of the daemon that Envoy is about to be sent. */
  response(body: Buffer): void
  /**
   * A new stream to the daemon begins: what Envoy would send on it, without the node. Answers to responses of earlier
   * streams are not passed on from now.
   */
  replay(): Buffer[]
  /** Responses from the last good configuration to whatever Envoy asks for and does not hold. */
  offline(): Buffer[]
  /** Envoy has accepted a response of this type on this stream. */
  hasAccepted(typeUrl: string): boolean
  /** Envoy has had time to ask for all it wants: forgets what it did not ask for. */
  settle(): void
}

export interface RequestVerdict {
  readonly typeUrl: string
  readonly node: Buffer | undefined
  /** What the daemon is to be sent; undefined when the request only answers a response that the daemon did not send. */
  readonly forward: Buffer | undefined
  /** Envoy refuses the response that this request answers. */
  readonly isRefusal: boolean
}

/** Begins the nonces of responses that the agent makes itself. */
export const offlineNoncePrefix = 'agent-'
