/**
 * Host names and patterns that begin with `*`: which of many takes a name, and which of them meet. Written backwards all that
 * a pattern takes begins with it, so that in order of the texts it follows the pattern directly.
 */

interface Backwards {
  /** Without the `*`. */
  readonly text: string
  readonly isPattern: boolean
  readonly index: number
}

function backwards(host: string, index: number): Backwards {
  const isPattern = host.startsWith('*')
  const name = (isPattern ? host.slice(1) : host).toLowerCase()
  return { text: [...name].reverse().join(''), isPattern, index }
}

/** A pattern before the name that it takes. */
const byText = (a: Backwards, b: Backwards): number =>
  a.text < b.text ? -1 : a.text > b.text ? 1 : Number(b.isPattern) - Number(a.isPattern)

export class HostPatterns {
  private readonly names = new Set<string>()
  /** Backwards, in order; none within another. */
  private readonly patterns: string[] = []

  constructor(hosts: readonly string[]) {
    const patterns: Backwards[] = []
    for (const [index, host] of hosts.entries()) {
      if (host.startsWith('*')) patterns.push(backwards(host, index))
      else this.names.add(host.toLowerCase())
    }
    for (const { text } of patterns.sort(byText)) {
      const around = this.patterns.at(-1)
      if (around === undefined || !text.startsWith(around)) this.patterns.push(text)
    }
  }

  /** Whether every name that `host`, itself perhaps a pattern, takes is one of the hosts or taken by one. */
  cover(host: string): boolean {
    if (this.names.has(host.toLowerCase())) return true
    const { text } = backwards(host, 0)
    const nearest = this.lastUpTo(text)
    return nearest !== undefined && text.startsWith(nearest)
  }

  private lastUpTo(text: string): string | undefined {
    let low = 0
    let high = this.patterns.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.patterns[middle] ?? '') <= text) low = middle + 1
      else high = middle
    }
    return this.patterns[low - 1]
  }
}

export interface Overlap {
  readonly index: number
  /** A host before that takes it, or is taken by it. */
  readonly before: string
}

/** The hosts that meet one before them, in their order. Cost: sorting them. */
export function overlaps(hosts: readonly string[]): readonly Overlap[] {
  const found = new Map<number, number>()
  const note = (a: number, b: number): void => {
    const [before, index] = a < b ? [a, b] : [b, a]
    found.set(index, Math.min(before, found.get(index) ?? before))
  }
  /** The patterns around, each with the first of itself and those around it. */
  const around: { readonly text: string; readonly first: number }[] = []
  let last: Backwards | undefined
  for (const host of hosts.map(backwards).sort(byText)) {
    while (around.length > 0 && !host.text.startsWith(around.at(-1)?.text ?? '')) around.pop()
    const outer = around.at(-1)
    if (outer !== undefined) note(outer.first, host.index)
    else if (last?.text === host.text) note(last.index, host.index)
    if (host.isPattern) around.push({ text: host.text, first: Math.min(outer?.first ?? host.index, host.index) })
    last = host
  }
  return [...found].sort(([a], [b]) => a - b).map(([index, before]) => ({ index, before: hosts[before] ?? '' }))
}
