/** networking.istio.io `Headers`: what is set, added and removed on a request and its response. */

import { field, list, map, message, optional, text, type Value } from '../schema/fields.ts'
import { checkHeaderValue, checkWritableHeader } from './header-rules.ts'
import type { Report } from './kind.ts'

const operations = message({
  set: field(
    "Header → value that stands in the place of what was there. Values may hold Envoy's `%COMMAND%`s.",
    optional(map(text(8192))),
  ),
  add: field('Header → value that is put behind what is there.', optional(map(text(8192)))),
  remove: field('Headers that are taken away.', optional(list(text(512), 256))),
})

export const headerOperations = message({
  request: field('On the request, before it is sent on.', optional(operations)),
  response: field('On the response, before it is given to the client.', optional(operations)),
})

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
