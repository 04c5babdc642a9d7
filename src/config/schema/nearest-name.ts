/** Which known name was meant by one that is not known. */

/** Undefined when none is near. Cost: the names, times the square of their length, which is cut off at 64. */
export function nearestName(written: string, known: readonly string[]): string | undefined {
  if (written.length > longest) return undefined
  const name = written.toLowerCase().replaceAll('_', '')
  const furthest = Math.max(1, Math.floor(name.length / 4))
  const ranked = known
    .map(candidate => ({ candidate, distance: distanceBetween(name, candidate.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance)
  const best = ranked[0]
  if (best !== undefined && best.distance <= furthest) return best.candidate
  return name.length < 5 ? undefined : known.find(candidate => candidate.toLowerCase().startsWith(name))
}

const longest = 64

/** Letters to add, drop, replace or swap with their neighbour. */
function distanceBetween(a: string, b: string): number {
  let before: number[] = []
  let above = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = at(above, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1)
      let best = Math.min(replaced, at(above, j) + 1, at(row, j - 1) + 1)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) best = Math.min(best, at(before, j - 2) + 1)
      row.push(best)
    }
    before = above
    above = row
  }
  return at(above, b.length)
}

const at = (row: readonly number[], index: number): number => row[index] ?? Number.POSITIVE_INFINITY
