/** A client's end of one xDS stream, whatever carries it. */

import type { RpcStatus } from '../../platform/rpc.ts'

export interface ClientStream {
  send(body: Uint8Array): void
  /** `body` is one message without its prefix. */
  onMessage(handler: (body: Uint8Array) => void): void
  onEnd(handler: (status: RpcStatus) => void): void
  /** Says that no more requests come. */
  halfClose(): void
  /** Goes away without a word. */
  cancel(): void
  /** Stops reading; the server's socket fills. */
  pause(): void
  resume(): void
}
