/** `meshwright at`: the whole configuration as it was. */

import type { Command } from 'commander'
import { printableLines } from '../table.ts'
import { type ConfigFlags, connectionFrom, formatOption, withConfig } from './config-flags.ts'
import { yamlOf } from './object-text.ts'
import { objectForReaders } from './readers-object.ts'
import { revisionFrom } from './revisions.ts'

interface AtFlags extends ConfigFlags {
  readonly output: 'yaml' | 'json'
}

export function addAt(program: Command): void {
  withConfig(program.command('at').description('the whole configuration as it was'))
    .argument('<revision|time>', 'a revision, or a time such as 2027-01-31T12:00:00Z')
    .addOption(formatOption(['yaml', 'json']))
    .action(async (when: string, flags: AtFlags) => {
      const connection = connectionFrom(flags)
      const where = flags.namespace === undefined ? {} : { namespace: flags.namespace }
      const { entries } = await connection.client.list({ at: await revisionFrom(connection, when), ...where })
      const documents = entries.map(objectForReaders)
      process.stdout.write(
        flags.output === 'json'
          ? `${JSON.stringify({ apiVersion: 'v1', kind: 'List', items: documents }, undefined, 2)}\n`
          : printableLines(documents.map(yamlOf).join('---\n')),
      )
    })
}
