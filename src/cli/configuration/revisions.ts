/** Moments of the configuration, and what differs between two of them. */

import type { EntryView } from '../../admin/configuration-view.ts'
import { MeshwrightError } from '../../platform/errors.ts'
import type { Connection } from './config-flags.ts'
import { type Entries, titleOf } from './configuration-client.ts'
import { unifiedDiff } from './object-text.ts'

/** Throws `OPTION_INVALID`. */
export async function revisionFrom({ client }: Connection, text: string): Promise<number> {
  if (/^\d{1,15}$/.test(text)) return Number(text)
  const timeMs = Date.parse(text)
  if (Number.isNaN(timeMs)) {
    throw new MeshwrightError('OPTION_INVALID', {
      message: `${JSON.stringify(text)} is neither a revision nor a time`,
      remedy: 'Write a number, or a time such as 2027-01-31T12:00:00Z.',
    })
  }
  return client.revisionAt(timeMs)
}

export interface Change {
  readonly before: EntryView | undefined
  readonly after: EntryView | undefined
}

/** Sorted as the lists are: first what was there, then what is new. */
export function changesBetween(before: Entries, after: Entries): readonly Change[] {
  const old = new Map(before.entries.map(entry => [titleOf(entry), entry]))
  const young = new Map(after.entries.map(entry => [titleOf(entry), entry]))
  const titles = new Set([...old.keys(), ...young.keys()])
  return [...titles]
    .map(title => ({ before: old.get(title), after: young.get(title) }))
    .filter(({ before, after }) => before?.revision !== after?.revision || before === undefined)
}

export const diffBetween = (before: EntryView | undefined, after: EntryView | undefined): string =>
  unifiedDiff({
    title: titleOf(after ?? before ?? { kind: '', namespace: '', name: '' }),
    beforeLabel: before === undefined ? 'absent' : `revision ${before.revision}`,
    afterLabel: after === undefined ? 'absent' : `revision ${after.revision}`,
    before: before?.object ?? undefined,
    after: after?.object ?? undefined,
  })
