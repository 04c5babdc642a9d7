/** Time as a dependency: everything that asks for the time or waits takes a `Clock`, so that tests turn it by hand. */

export interface Timer {
  cancel(): void
}

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
  /** Milliseconds from an arbitrary origin that never jump; for durations. */
  monotonicMs(): number
  /** Runs `task` once, `delayMs` from now. The timer does not keep the process alive. */
  after(delayMs: number, task: () => void): Timer
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  after(delayMs, task) {
    // setTimeout fires at once for delays past 2^31-1 ms; a leaf of 90 days needs longer ones.
    const longestMs = 0x7fffffff
    let handle: NodeJS.Timeout
    const arm = (leftMs: number): void => {
      handle = leftMs > longestMs ? setTimeout(() => arm(leftMs - longestMs), longestMs) : setTimeout(task, leftMs)
      handle.unref()
    }
    arm(Math.max(0, delayMs))
    return { cancel: () => clearTimeout(handle) }
  },
}

/** A clock that moves only when told; `advance` runs due timers in order. */
export class FakeClock implements Clock {
  #nowMs: number
  #jumpedMs = 0
  readonly #timers = new Set<{ atMs: number; task: () => void }>()

  constructor(startMs = 1_800_000_000_000) {
    this.#nowMs = startMs
  }

  now(): number {
    return this.#nowMs + this.#jumpedMs
  }

  /** Sets the wall clock, as an administrator does: no time passes and no timer runs. */
  jump(byMs: number): void {
    this.#jumpedMs += byMs
  }

  monotonicMs(): number {
    return this.#nowMs
  }

  after(delayMs: number, task: () => void): Timer {
    const timer = { atMs: this.#nowMs + Math.max(0, delayMs), task }
    this.#timers.add(timer)
    return { cancel: () => this.#timers.delete(timer) }
  }

  advance(byMs: number): void {
    const endMs = this.#nowMs + byMs
    for (;;) {
      let due: { atMs: number; task: () => void } | undefined
      for (const timer of this.#timers) if (timer.atMs < (due?.atMs ?? Number.POSITIVE_INFINITY)) due = timer
      if (due === undefined || due.atMs > endMs) break
      this.#timers.delete(due)
      this.#nowMs = due.atMs
      due.task()
    }
    this.#nowMs = endMs
  }
}
