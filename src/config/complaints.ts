/** What is wrong with one object, up to a number that somebody may want to read: an object of ten thousand faults has one author. */

import type { Problem } from './problem.ts'
import type { Complaint } from './schema/read-value.ts'

/** Of one object, errors and warnings apart. */
export const mostComplaints = 100

export type SeverComplaint = Complaint & { readonly severity: Problem['severity'] }

export class Complaints {
  private readonly kept: SeverComplaint[] = []
  private readonly counts = { error: 0, warning: 0 }

  /** The rest is asked for only when the complaint is kept. */
  add(severity: Problem['severity'], complaint: () => Complaint): void {
    if (this.counts[severity]++ < mostComplaints) this.kept.push({ ...complaint(), severity })
  }

  get hasErrors(): boolean {
    return this.counts.error > 0
  }

  /** In the order in which they came; `offset` is that of the object. */
  list(offset: number): readonly SeverComplaint[] {
    return [...this.kept, ...(['error', 'warning'] as const).flatMap(severity => this.more(severity, offset))]
  }

  private more(severity: Problem['severity'], offset: number): readonly SeverComplaint[] {
    const more = this.counts[severity] - mostComplaints
    if (more <= 0) return []
    const reason = `has ${more} more ${severity}${more === 1 ? '' : 's'} like those that are shown`
    return [{ severity, offset, field: '', reason }]
  }
}
