/** Envoy's StringMatcher as an oracle. Patterns here are of the part of RE2 that JavaScript reads alike; tests only. */

import type { Plain } from '../../envoy-messages.ts'

export function matchesText(matcher: Plain, value: string): boolean {
  const { exact, prefix, suffix, contains, safeRegex, ignoreCase } = matcher as {
    readonly exact?: string
    readonly prefix?: string
    readonly suffix?: string
    readonly contains?: string
    readonly safeRegex?: { readonly regex: string }
    readonly ignoreCase?: boolean
  }
  const fold = (text: string): string => (ignoreCase === true ? text.toLowerCase() : text)
  if (exact !== undefined) return fold(value) === fold(exact)
  if (prefix !== undefined) return fold(value).startsWith(fold(prefix))
  if (suffix !== undefined) return fold(value).endsWith(fold(suffix))
  if (contains !== undefined) return fold(value).includes(fold(contains))
  if (safeRegex === undefined) throw new Error(`no matcher: ${JSON.stringify(matcher)}`)
  // `s`: Envoy's RE2 lets a dot match a line break.
  return new RegExp(`^(?:${safeRegex.regex})$`, 'su').test(value)
}
