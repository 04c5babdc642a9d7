/**
 * Events as bytes, each made once for all watchers that are shown the same: of a hundred watchers that follow, one pays for
 * reading, showing and encoding. What was made lives as long as the commit is kept in memory.
 */

import type { ConfigEntry } from '../../config/store/config-access.ts'
import type { JsonObject } from '../json-value.ts'

export type EventType = 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR'

export interface EventLines {
  /** `view` names everything that decides what `show` gives beside the entry. The same Buffer for the same three. */
  line(type: EventType, entry: ConfigEntry, view: string, show: () => JsonObject): Buffer
  /** How many were made, for tests and metrics. */
  readonly made: number
}

export function createEventLines(): EventLines {
  const byEntry = new WeakMap<ConfigEntry, Map<string, Buffer>>()
  let made = 0
  return {
    line(type, entry, view, show) {
      const ofEntry = byEntry.get(entry) ?? new Map<string, Buffer>()
      byEntry.set(entry, ofEntry)
      const key = `${type} ${view}`
      const known = ofEntry.get(key)
      if (known !== undefined) return known
      const line = eventLine(type, show())
      ofEntry.set(key, line)
      made += 1
      return line
    },
    get made() {
      return made
    },
  }
}

/** One line of JSON. */
export const eventLine = (type: EventType, object: JsonObject): Buffer =>
  Buffer.from(`${JSON.stringify({ type, object })}\n`)
