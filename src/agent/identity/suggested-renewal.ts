/** What the daemon says beside a certificate about when to renew it, in milliseconds from its receipt. */

export interface SuggestedRenewal {
  readonly afterMs: number
  readonly beforeMs: number
}

/** Undefined when nothing, or nothing sensible, is suggested. */
export function suggestedRenewal(metadata: ReadonlyMap<string, string>): SuggestedRenewal | undefined {
  const afterMs = wholeNumber(metadata.get('meshwright-renew-after-ms'))
  const beforeMs = wholeNumber(metadata.get('meshwright-renew-before-ms'))
  if (afterMs === undefined || beforeMs === undefined || afterMs > beforeMs) return undefined
  return { afterMs, beforeMs }
}

function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined
}
