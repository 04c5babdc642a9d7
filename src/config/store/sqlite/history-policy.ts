/** How much of the past is kept. */

export interface HistoryPolicy {
  /** The whole configuration as it was is known for the last so many commits … */
  readonly commits: number
  /** … and for so long, whichever is less. */
  readonly ageMs: number
  /** Of each object that exists, so many of its newest versions are kept however old they are. */
  readonly versionsOfObject: number
}

const dayMs = 86_400_000

export const defaultHistoryPolicy: HistoryPolicy = Object.freeze({
  commits: 1_000_000,
  ageMs: 90 * dayMs,
  versionsOfObject: 10,
})
