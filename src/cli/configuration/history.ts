/** `meshwright history`: the versions of one object. */

import type { Command } from 'commander'
import type { EntryView } from '../../admin/configuration-view.ts'
import { formatTable, printableLines } from '../table.ts'
import { type ConfigFlags, connectionFrom, formatOption, withConfig } from './config-flags.ts'
import { idOf } from './named-object.ts'
import { diffBetween } from './revisions.ts'

interface HistoryFlags extends ConfigFlags {
  readonly output: 'table' | 'json'
  readonly diff?: true
}

export function addHistory(program: Command): void {
  withConfig(program.command('history').description('every version of an object that is still known, newest first'))
    .argument('<kind>')
    .argument('<name>')
    .option('--diff', 'with what each version changed')
    .addOption(formatOption(['table', 'json']))
    .action(async (kind: string, name: string, flags: HistoryFlags) => {
      const connection = connectionFrom(flags)
      const versions = await connection.client.history(await idOf(connection, kind, name))
      process.stdout.write(
        flags.output === 'json' ? `${JSON.stringify(versions, undefined, 2)}\n` : formatHistory(versions, flags),
      )
    })
}

function formatHistory(versions: readonly EntryView[], { diff }: HistoryFlags): string {
  const rows = versions.map(({ revision, generation, changedAt, changedBy, source, object }) => [
    String(revision),
    String(generation),
    changedAt,
    changedBy,
    object === null ? 'deleted' : source,
  ])
  const table = formatTable(['REVISION', 'GENERATION', 'CHANGED AT', 'CHANGED BY', 'SOURCE'], rows)
  if (diff !== true) return table
  const texts = versions.map((version, index) => {
    const before = versions[index + 1]
    // The oldest version that is known need not be the first.
    return before === undefined ? '' : `\n${diffBetween(before, version)}`
  })
  return table + printableLines(texts.join(''))
}
