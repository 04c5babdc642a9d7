/** A door of which somebody counts what it lets in and what it refuses. Dry runs do not count. */

import type { Clock } from '../../platform/clock.ts'
import { errorFrom } from '../../platform/errors.ts'
import type { Door } from './door.ts'

export interface DoorObserver {
  /** On disk and in the graph, `tookMs` after it came to the door. */
  applied(tookMs: number): void
  /** `reason`: the code of the error. */
  refused(reason: string): void
}

export function observedDoor(door: Door, observer: DoorObserver, clock: Pick<Clock, 'monotonicMs'>): Door {
  return async request => {
    if (request.dryRun === true) return door(request)
    const beginMs = clock.monotonicMs()
    try {
      const passed = await door(request)
      observer.applied(clock.monotonicMs() - beginMs)
      return passed
    } catch (thrown) {
      observer.refused(errorFrom(thrown).code)
      throw thrown
    }
  }
}
