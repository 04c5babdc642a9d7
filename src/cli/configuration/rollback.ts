/** `meshwright rollback`: what was, as a new revision. */

import type { Command } from 'commander'
import type { EntryView, ObjectName, WriteView } from '../../admin/configuration-view.ts'
import { MeshwrightError } from '../../platform/errors.ts'
import { formatApplied, formatProblems } from './applied-text.ts'
import { type ConfigFlags, type Connection, connectionFrom, withConfig } from './config-flags.ts'
import { titleOf } from './configuration-client.ts'
import { idOf } from './named-object.ts'
import { authoredPart } from './object-text.ts'
import { changesBetween, diffBetween, revisionFrom } from './revisions.ts'

interface RollbackFlags extends ConfigFlags {
  readonly to?: string
  readonly all?: true
  readonly dryRun?: true
}

export function addRollback(program: Command): void {
  withConfig(program.command('rollback').description('make an object, or everything, what it was; a new revision'))
    .argument('[kind]')
    .argument('[name]')
    .option('--to <revision|time>', 'what it was then; absent: the version before the last')
    .option('--all', 'every object of the store instead of one; needs --to')
    .option('--dry-run', 'show what would change, and change nothing')
    .action(async (kind: string | undefined, name: string | undefined, flags: RollbackFlags) => {
      const connection = connectionFrom(flags)
      const writes =
        flags.all === true
          ? await writesForAll(connection, kind, flags.to)
          : [await writeForOne(connection, kind, name, flags.to)]
      if (writes.length === 0) {
        process.stdout.write('everything is as it was then\n')
        return
      }
      const dryRun = flags.dryRun === true
      const applied = await connection.client.apply({ writes, dryRun })
      process.stderr.write(formatProblems(applied.warnings, []))
      process.stdout.write(formatApplied(applied, { dryRun }))
    })
}

async function writeForOne(
  connection: Connection,
  kind: string | undefined,
  name: string | undefined,
  to: string | undefined,
): Promise<WriteView> {
  if (kind === undefined || name === undefined) throw notSaid('Give a kind and a name, or --all with --to.')
  const id = await idOf(connection, kind, name)
  const versions = await connection.client.history(id)
  const newest = versions[0]
  const revision = to === undefined ? undefined : await revisionFrom(connection, to)
  const wanted = revision === undefined ? versions[1] : versions.find(version => version.revision <= revision)
  if (newest === undefined || wanted === undefined) {
    throw new MeshwrightError('REVISION_UNKNOWN', {
      message: `${titleOf(id)} has no ${to === undefined ? 'version before this one' : `version of ${to}`} that is still known`,
      remedy: 'See `meshwright history`.',
    })
  }
  return writeOf(id, wanted.object, newest.object === null ? 0 : newest.revision)
}

/** Objects of files are changed in their files, and stay as they are. */
async function writesForAll(
  connection: Connection,
  kind: string | undefined,
  to: string | undefined,
): Promise<readonly WriteView[]> {
  if (to === undefined || kind !== undefined) throw notSaid('Give --all with --to and without a kind.')
  const { client } = connection
  const then = await client.list({ at: await revisionFrom(connection, to) })
  const now = await client.list({})
  return changesBetween(now, then).flatMap(({ before, after }) => {
    const id = after ?? before
    // Another revision may say the same.
    if (id === undefined || diffBetween(before, after) === '') return []
    if (before?.readOnly === true || (before === undefined && after?.readOnly === true)) return []
    return [writeOf(id, after?.object ?? null, before?.revision ?? 0)]
  })
}

function writeOf(
  { kind, namespace, name }: ObjectName,
  object: EntryView['object'],
  expectedRevision: number,
): WriteView {
  return object === null
    ? { remove: { kind, namespace, name }, expectedRevision }
    : { object: authoredPart(object), expectedRevision }
}

const notSaid = (remedy: string): MeshwrightError =>
  new MeshwrightError('OPTION_INVALID', { message: 'what is to be rolled back is not said', remedy })
