/**
 * A search for the accepted object that takes longest to read and check: it begins with sound objects of every kind and grows
 * them where that costs most. Nobody has to think of what might be slow.
 */

import { growable, grownAt, type Json, valueAt } from '../../src/config/kinds/testing/grown-objects.ts'

export interface Judged {
  readonly accepted: boolean
  /** CPU time. */
  readonly tookMs: number
}

export interface SlowObject {
  readonly object: Json
  readonly tookMs: number
}

export interface Search {
  readonly steps: number
  /** From 0 up to 1. */
  readonly random: () => number
  judge(object: Json): Judged
}

/** An object that takes so long is near its limits. */
const largeMs = 5

/** Hill climbing from one seed. A step that is refused or quicker is taken back; one that is refused is tried smaller. */
export function slowestFrom(seed: Json, { steps, random, judge }: Search): SlowObject {
  let best = { object: seed, tookMs: judge(seed).tookMs }
  for (let step = 0; step < steps; step++) {
    const places = growable(best.object)
    // Collections have the most to grow by.
    const collections = places.filter(path => typeof valueAt(best.object, path) === 'object')
    const among = collections.length > 0 && random() < 0.8 ? collections : places
    const place = among[Math.floor(random() * among.length)]
    if (place === undefined) break
    for (const share of [4, 1, 0.3, 0.05]) {
      if (share > 1 && best.tookMs > largeMs) continue
      const object = grownAt(best.object, place, { salt: step, share })
      const { accepted, tookMs } = judge(object)
      if (accepted && tookMs >= best.tookMs) best = { object, tookMs }
      if (accepted) break
    }
  }
  return best
}
