/** Goals of the benches: each is printed with what was reached, and one that is missed sets the exit code. */

export interface Goal {
  readonly name: string
  readonly reached: number
  /** At most this much is good. */
  readonly goal: number
  readonly unit: string
}

/** Of `docs/performance.md`. Figures of a busy machine say little: CPU time and ratios say most. */
export function reportGoals(goals: readonly Goal[]): void {
  for (const { name, reached, goal, unit } of goals) {
    const verdict = reached <= goal ? 'reached' : 'MISSED'
    process.stdout.write(`${verdict}: ${name} ${format(reached)} ${unit} (at most ${format(goal)})\n`)
    if (reached > goal) process.exitCode = 1
  }
}

function format(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3)
}
