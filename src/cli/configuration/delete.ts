/** `meshwright delete`: objects by name or by the files that hold them, as one transaction. */

import type { Command } from 'commander'
import type { EntryView, ObjectName } from '../../admin/configuration-view.ts'
import { MeshwrightError } from '../../platform/errors.ts'
import { formatApplied, formatProblems } from './applied-text.ts'
import { nameOf, type ReadObjects } from './authored-object.ts'
import {
  type ConfigFlags,
  type Connection,
  connectionFrom,
  filesOption,
  formatOption,
  withConfig,
} from './config-flags.ts'
import { kindCalled, sameObject, titleOf } from './configuration-client.ts'

interface DeleteFlags extends ConfigFlags {
  readonly filename?: readonly string[]
  readonly ignoreNotFound?: true
  readonly dryRun?: true
  readonly output: 'text' | 'json'
}

export function addDelete(program: Command, readObjects: ReadObjects): void {
  withConfig(program.command('delete').description('remove objects, all that are named or none'))
    .argument('[kind]')
    .argument('[names...]')
    .addOption(filesOption())
    .option('--ignore-not-found', 'what is not there needs no removing')
    .option('--dry-run', 'do everything but the change itself')
    .addOption(formatOption(['text', 'json']))
    .action(async (kind: string | undefined, names: readonly string[], flags: DeleteFlags) => {
      const connection = connectionFrom(flags)
      const ids = await namedBy(connection, { kind, names, files: flags.filename ?? [], readObjects })
      await remove(connection, ids, flags)
    })
}

interface Named {
  readonly kind: string | undefined
  readonly names: readonly string[]
  readonly files: readonly string[]
  readonly readObjects: ReadObjects
}

async function namedBy({ client, namespace }: Connection, given: Named): Promise<readonly ObjectName[]> {
  const { kind: word, names, files, readObjects } = given
  if ((word === undefined) === (files.length === 0) || (word !== undefined && names.length === 0)) {
    throw new MeshwrightError('OPTION_INVALID', {
      message: 'what is to be removed is not said',
      remedy: 'Give a kind and names, or files with -f.',
    })
  }
  const kinds = await client.kinds()
  if (word === undefined) return (await readObjects(files)).map(one => nameOf(one, kinds, namespace))
  const { kind, scope } = kindCalled(kinds, word)
  return names.map(name => ({ kind, namespace: scope === 'cluster' ? '' : namespace, name }))
}

async function remove({ client }: Connection, ids: readonly ObjectName[], flags: DeleteFlags): Promise<void> {
  const { entries } = await client.list({})
  const there = ids.flatMap(id => entries.find(entry => sameObject(entry, id)) ?? missing(id, flags))
  if (there.length === 0) {
    process.stdout.write('nothing to remove\n')
    return
  }
  const writes = there.map(({ kind, namespace, name }) => ({ remove: { kind, namespace, name } }))
  const dryRun = flags.dryRun === true
  const applied = await client.apply({ writes, dryRun })
  process.stderr.write(formatProblems(applied.warnings, []))
  process.stdout.write(flags.output === 'json' ? `${JSON.stringify(applied)}\n` : formatApplied(applied, { dryRun }))
}

function missing(id: ObjectName, { ignoreNotFound }: DeleteFlags): readonly EntryView[] {
  if (ignoreNotFound === true) return []
  throw new MeshwrightError('OBJECT_NOT_FOUND', {
    message: `there is no ${titleOf(id)}`,
    remedy: 'Nothing was removed. See `meshwright get`, or give --ignore-not-found.',
  })
}
