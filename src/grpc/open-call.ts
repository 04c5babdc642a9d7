/** What a connection knows of the calls on it. */

import type { RpcMetadata, RpcMethod, RpcStatus } from '../platform/rpc.ts'

export interface OpenCall {
  readonly kind: RpcMethod['kind']
  close(status: RpcStatus): void
}

/** A request that passed every check, and the method that it is for. */
export interface AcceptedCall<Method extends RpcMethod = RpcMethod> {
  readonly head: { readonly path: string; readonly metadata: RpcMetadata; readonly timeoutMs?: number }
  readonly method: Method
}
