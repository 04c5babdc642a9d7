/** What a change would touch before it is made: the blast radius that `apply` and a dry run tell. */

export interface Effect {
  /** Connected proxies that would be sent something. */
  readonly proxies: number
  /** Resources that would be sent, over all those proxies. */
  readonly resources: number
  /** Of those resources, over all those proxies. */
  readonly bytes: number
  readonly byType: readonly EffectOfType[]
  /** The first 20, sorted. */
  readonly proxyNames: readonly string[]
}

export interface EffectOfType {
  /** The type URL. */
  readonly type: string
  readonly resources: number
  readonly bytes: number
}
