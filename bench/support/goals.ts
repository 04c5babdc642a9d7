/** Goals of the benches: each is printed with what was reached, and one that is missed sets the exit code. */

export interface Goal {
  readonly name: string
  readonly reached: number
  readonly goal: number
  readonly unit: string
  /** What is good beside the goal itself; at most it when absent. */
  readonly sense?: 'at-most' | 'at-least'
}

/** Of `docs/performance.md`. Figures of a busy machine say little: CPU time and ratios say most. */
export function reportGoals(goals: readonly Goal[]): void {
  for (const { name, reached, goal, unit, sense = 'at-most' } of goals) {
    const isReached = sense === 'at-most' ? reached <= goal : reached >= goal
    const bound = `${sense === 'at-most' ? 'at most' : 'at least'} ${format(goal)}`
    process.stdout.write(`${isReached ? 'reached' : 'MISSED'}: ${name} ${format(reached)} ${unit} (${bound})\n`)
    if (!isReached) process.exitCode = 1
  }
}

function format(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3)
}
