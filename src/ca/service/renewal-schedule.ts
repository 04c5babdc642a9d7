/**
 * When each certificate should be renewed, suggested by the one who sees them all: where the fewest others are planned,
 * so that a fleet born together does not renew together.
 */

export interface RenewalSchedule {
  /** Counts what it suggests. `nowMs`: of the issuance. */
  suggest(nowMs: number, notAfterMs: number): RenewalWindow
}

/** Milliseconds from the receipt of the certificate: the clock of the agent may be wrong. */
export interface RenewalWindow {
  readonly afterMs: number
  readonly beforeMs: number
}

/** As parts of the life; agents of ours keep to the same bounds whatever is suggested. */
const earliest = 0.4
const latest = 0.7
/** Within it the agent chooses at random. */
const widthOfWindow = 0.01

/** Of so many random places the one with the fewest others is taken: that is nearly even, at no cost. */
const candidates = 4

const slotMs = 60_000
const suggestionsBetweenSweeps = 4096

/** `random`: uniform in [0, 1). Memory: one number for each minute that something is planned in. */
export function createRenewalSchedule(random: () => number): RenewalSchedule {
  const planned = new Map<number, number>()
  let suggestions = 0

  const sweep = (nowMs: number): void => {
    const present = Math.floor(nowMs / slotMs)
    for (const slot of planned.keys()) if (slot < present) planned.delete(slot)
  }
  return {
    suggest(nowMs, notAfterMs) {
      suggestions += 1
      if (suggestions % suggestionsBetweenSweeps === 0) sweep(nowMs)
      const lifeMs = Math.max(0, notAfterMs - nowMs)
      let best = { afterMs: 0, slot: 0, others: Number.POSITIVE_INFINITY }
      for (let i = 0; i < candidates; i += 1) {
        const afterMs = Math.round(lifeMs * (earliest + (latest - widthOfWindow - earliest) * random()))
        const slot = Math.floor((nowMs + afterMs) / slotMs)
        const others = planned.get(slot) ?? 0
        if (others < best.others) best = { afterMs, slot, others }
      }
      planned.set(best.slot, (planned.get(best.slot) ?? 0) + 1)
      return { afterMs: best.afterMs, beforeMs: best.afterMs + Math.round(lifeMs * widthOfWindow) }
    },
  }
}
