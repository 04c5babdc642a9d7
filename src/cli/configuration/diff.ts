/** `meshwright diff`: what changed between two moments. */

import type { Command } from 'commander'
import { printableLines } from '../table.ts'
import { type ConfigFlags, connectionFrom, withConfig } from './config-flags.ts'
import { changesBetween, diffBetween, revisionFrom } from './revisions.ts'

export function addDiff(program: Command): void {
  withConfig(program.command('diff').description('what changed between two moments'))
    .argument('<from>', 'a revision or a time')
    .argument('[to]', 'a revision or a time; absent: now')
    .action(async (from: string, to: string | undefined, flags: ConfigFlags) => {
      const connection = connectionFrom(flags)
      const where = flags.namespace === undefined ? {} : { namespace: flags.namespace }
      const before = await connection.client.list({ at: await revisionFrom(connection, from), ...where })
      const after = await connection.client.list({
        ...where,
        ...(to === undefined ? {} : { at: await revisionFrom(connection, to) }),
      })
      const texts = changesBetween(before, after).map(change => diffBetween(change.before, change.after))
      process.stdout.write(printableLines(texts.join('')))
    })
}
