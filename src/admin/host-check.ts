/**
 * Which `Host` a request may name. A web page can have its own name resolve to this address (rebinding) and is then of the
 * same origin as the daemon; the name that it was loaded by still stands in `Host`. An address as a literal is nobody's
 * name, so probes and scrapers that know only an address go through.
 */

import net from 'node:net'

export interface HostCheck {
  /** `header`: the field as it came; undefined when there is none, as in HTTP/1.0, which no browser speaks. */
  isOwn(header: string | undefined): boolean
}

/** `names`: what this daemon is called, beside `localhost`. */
export function createHostCheck(names: readonly string[]): HostCheck {
  const own = new Set(['localhost', ...names].map(canonical))
  return {
    isOwn(header) {
      if (header === undefined) return true
      const host = hostOf(header)
      return host !== undefined && (net.isIP(host) !== 0 || own.has(canonical(host)))
    },
  }
}

/** Without port and brackets. */
function hostOf(header: string): string | undefined {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9._-]+))(?::\d{1,5})?$/.exec(header)
  return match?.[1] ?? match?.[2]
}

function canonical(name: string): string {
  return name.toLowerCase().replace(/\.$/, '')
}
