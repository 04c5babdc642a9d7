/** What a change would push, measured before it is committed. */

export interface Effect {
  /** Connected proxies that would be sent something. */
  readonly proxies: number
  /** Of those, the first 20 by name, each once. */
  readonly proxyNames: readonly string[]
  /** Resources that would be sent, replaced or taken away: one counts for each proxy that it goes to. */
  readonly resources: number
  /** Bytes of those resources on the wire, before gRPC's and TLS's framing, over all proxies. */
  readonly bytes: number
  /** The same by type (`clusters`, `endpoints`, `listeners`, `routes`, `virtual-hosts` …), in the order of the types. */
  readonly byType: readonly EffectOfType[]
}

export interface EffectOfType {
  readonly type: string
  readonly resources: number
  readonly bytes: number
}

export const noEffect: Effect = { proxies: 0, proxyNames: [], resources: 0, bytes: 0, byType: [] }
