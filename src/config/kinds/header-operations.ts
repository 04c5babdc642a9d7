/** networking.istio.io `Headers`: what is set, added and removed on a request and its response. */

import { list, map, message, optional, text, type Value } from '../schema/fields.ts'
import { checkHeaderValue, checkWritableHeader } from './header-rules.ts'
import type { Report } from './kind.ts'

const operations = message({
  set: optional(map(text(8192))),
  add: optional(map(text(8192))),
  remove: optional(list(text(512), 256)),
})

export const headerOperations = message({ request: optional(operations), response: optional(operations) })

export type HeaderOperations = Value<typeof headerOperations>

export function checkHeaderOperations(headers: HeaderOperations | undefined, field: string, report: Report): void {
  for (const direction of ['request', 'response'] as const) {
    const changes = headers?.[direction]
    for (const action of ['set', 'add'] as const) {
      for (const [name, value] of Object.entries<string>(changes?.[action] ?? {})) {
        const place = `${field}.${direction}.${action}.${name}`
        if (!(direction === 'request' && isAuthority(name))) checkWritableHeader(name, place, report)
        checkHeaderValue(value, place, report)
      }
    }
    for (const [index, name] of (changes?.remove ?? []).entries()) {
      checkWritableHeader(name, `${field}.${direction}.remove[${index}]`, report)
    }
  }
}

/** The names under which a request's authority is written. */
export const isAuthority = (name: string): boolean => /^(?::authority|host)$/i.test(name)
