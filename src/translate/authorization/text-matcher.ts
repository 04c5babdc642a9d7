/**
 * How text is compared in policies, as typed values: no policy text is ever pasted into a pattern unquoted, so that a
 * literal matches only itself. Encoded as Envoy's StringMatcher; patterns are RE2 and match the whole text.
 */

import type { Plain } from '../envoy-messages.ts'

export type TextMatcher =
  | { readonly kind: 'exact' | 'prefix' | 'suffix' | 'contains'; readonly text: string; readonly ignoreCase?: true }
  /** Any text but the empty one. */
  | { readonly kind: 'present' }
  | { readonly kind: 'pattern'; readonly parts: readonly PatternPart[]; readonly ignoreCase?: true }

/** `syntax` is written in this code base, never by a user; `literal` may be anything. */
export type PatternPart =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'syntax'; readonly text: string }

export const literal = (text: string): PatternPart => ({ kind: 'literal', text })
export const syntax = (text: string): PatternPart => ({ kind: 'syntax', text })

/** `*` any non-empty text, `text*` a prefix, `*text` a suffix, else exactly the text. */
export function textMatcherFrom(value: string): TextMatcher {
  if (value === '*') return { kind: 'present' }
  if (value.endsWith('*')) return { kind: 'prefix', text: value.slice(0, -1) }
  if (value.startsWith('*')) return { kind: 'suffix', text: value.slice(1) }
  return { kind: 'exact', text: value }
}

/** The same matcher for text to which `prefix` was prepended. */
export function withPrefix(prefix: string, matcher: TextMatcher): TextMatcher {
  switch (matcher.kind) {
    case 'exact':
    case 'prefix':
      return { ...matcher, text: prefix + matcher.text }
    case 'present':
      return { kind: 'pattern', parts: [literal(prefix), syntax('.+')] }
    case 'suffix':
      return { kind: 'pattern', parts: [literal(prefix), syntax('.*'), literal(matcher.text)] }
    case 'contains':
      return { kind: 'pattern', parts: [literal(prefix), syntax('.*'), literal(matcher.text), syntax('.*')] }
    case 'pattern':
      return { ...matcher, parts: [literal(prefix), ...matcher.parts] }
  }
}

/** RE2 syntax of a pattern, without anchors: Envoy matches the whole text. */
export function patternText(parts: readonly PatternPart[]): string {
  return parts.map(part => (part.kind === 'literal' ? quoteRe2(part.text) : part.text)).join('')
}

/** `envoy.type.matcher.v3.StringMatcher`. */
export function stringMatcher(matcher: TextMatcher): Plain {
  if (matcher.kind === 'present') return { safeRegex: { regex: '.+' } }
  // Envoy's ignore_case has no effect on patterns.
  if (matcher.kind === 'pattern') {
    return { safeRegex: { regex: (matcher.ignoreCase ? '(?i)' : '') + patternText(matcher.parts) } }
  }
  return { [matcher.kind]: matcher.text, ...(matcher.ignoreCase ? { ignoreCase: true } : {}) }
}

/** All that RE2 reads as syntax outside a class. */
const quoteRe2 = (text: string): string => text.replace(/[\\.+*?()|[\]{}^$]/g, '\\$&')
