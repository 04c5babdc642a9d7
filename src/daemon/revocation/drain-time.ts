/** How long a proxy lets connections go on that are to end: what its Envoy was started with, as its node says. */

/** Istio's default, for agents that do not say. */
const unsaidMs = 45_000

/** `PROXY_CONFIG.drainDuration` as Istio's agents and ours write it. */
export function drainMsOf(metadata: Readonly<Record<string, unknown>>): number {
  const { PROXY_CONFIG: config } = metadata
  const text = typeof config === 'object' && config !== null && 'drainDuration' in config ? config.drainDuration : ''
  const seconds = typeof text === 'string' ? /^(\d+(?:\.\d+)?)s$/.exec(text)?.[1] : undefined
  return seconds === undefined ? unsaidMs : Number(seconds) * 1000
}
