/**
 * `meshwright apply`: what the files hold becomes what the daemon has, as one transaction. With `--set` the objects
 * remember by which set of files they came, and `--prune` removes those of the set that the files hold no longer.
 */

import type { Command } from 'commander'
import type { EntryView, ObjectName, WriteView } from '../../admin/configuration-view.ts'
import { errorFrom, MeshwrightError } from '../../platform/errors.ts'
import { printableLines } from '../table.ts'
import { formatApplied, formatProblems, type Placed, withPlaces } from './applied-text.ts'
import { nameOf, type ReadObjects, withNamespace } from './authored-object.ts'
import {
  type ConfigFlags,
  type Connection,
  connectionFrom,
  filesOption,
  formatOption,
  withConfig,
} from './config-flags.ts'
import { sameObject, titleOf } from './configuration-client.ts'
import { authoredPart, type PlainObject, unifiedDiff } from './object-text.ts'

interface ApplyFlags extends ConfigFlags {
  readonly filename: readonly string[]
  readonly set?: string
  readonly prune?: true
  readonly dryRun?: true
  readonly diff?: true
  readonly output: 'text' | 'json'
}

/** Which set of files an object was applied with. */
const setAnnotation = 'meshwright.io/applied-set'

export function addApply(program: Command, readObjects: ReadObjects): void {
  withConfig(program.command('apply').description('make what the files hold what the daemon has, all of it or nothing'))
    .addOption(filesOption().makeOptionMandatory())
    .option('--set <name>', 'mark the objects as those of this set')
    .option('--prune', 'remove the objects of the set that the files do not hold')
    .option('--dry-run', 'do everything but the change itself')
    .option('--diff', 'show what changes, before it is changed; exactly that is applied')
    .addOption(formatOption(['text', 'json']))
    .action(async (flags: ApplyFlags) => {
      if (flags.prune === true && flags.set === undefined) {
        throw new MeshwrightError('OPTION_INVALID', {
          message: '--prune without --set would remove what others have applied',
          remedy: 'Name the set of these files with --set NAME, the same at each apply.',
        })
      }
      await apply(flags, connectionFrom(flags), readObjects)
    })
}

async function apply(flags: ApplyFlags, { client, namespace }: Connection, readObjects: ReadObjects): Promise<void> {
  const authored = await readObjects(flags.filename)
  const kinds = await client.kinds()
  const placed = authored.map(one => ({ ...nameOf(one, kinds, namespace), authored: one }))
  refuseTwice(placed)
  const wanted = placed.map(one => ({ id: one, object: objectToApply(one, flags.set) }))
  const isPruning = flags.prune === true && flags.set !== undefined
  const present = isPruning || flags.diff === true ? (await client.list({})).entries : []
  const surplus = isPruning
    ? present.filter(entry => isOfSet(entry, flags.set) && !placed.some(one => sameObject(one, entry)))
    : []

  if (flags.diff === true) showDiff(wanted, present, surplus)
  const revisionOf = (id: ObjectName): Pick<WriteView, 'expectedRevision'> =>
    flags.diff === true ? { expectedRevision: present.find(entry => sameObject(entry, id))?.revision ?? 0 } : {}
  const writes: WriteView[] = [
    ...wanted.map(({ id, object }) => ({ object, ...revisionOf(id) })),
    ...surplus.map(({ kind, namespace, name, revision }) => ({
      remove: { kind, namespace, name },
      expectedRevision: revision,
    })),
  ]
  if (writes.length === 0) {
    process.stdout.write('the files hold no object\n')
    return
  }
  const dryRun = flags.dryRun === true
  const applied = await client.apply({ writes, dryRun }).catch((thrown: unknown) => {
    throw withPlaces(errorFrom(thrown), placed)
  })
  process.stderr.write(formatProblems(applied.warnings, placed))
  process.stdout.write(flags.output === 'json' ? `${JSON.stringify(applied)}\n` : formatApplied(applied, { dryRun }))
}

function objectToApply(placed: Placed, set: string | undefined): PlainObject {
  const object = withNamespace(authoredPart(placed.authored.object), placed)
  if (set === undefined) return object
  const metadata = object.metadata as PlainObject
  const annotations = { ...(metadata.annotations as PlainObject | undefined), [setAnnotation]: set }
  return { ...object, metadata: { ...metadata, annotations } }
}

function isOfSet({ object, readOnly }: EntryView, set: string | undefined): boolean {
  const metadata = object?.metadata as { readonly annotations?: PlainObject } | undefined
  return !readOnly && metadata?.annotations?.[setAnnotation] === set
}

function refuseTwice(placed: readonly Placed[]): void {
  const seen = new Map<string, Placed>()
  for (const one of placed) {
    const title = titleOf(one)
    const before = seen.get(title)
    if (before === undefined) {
      seen.set(title, one)
      continue
    }
    const [first, second] = [before, one].map(({ authored }) => {
      const { line, column } = authored.placeOf('')
      return `${authored.file}:${line}:${column}`
    })
    throw new MeshwrightError('CONFIG_INVALID', {
      message: `${second}: ${title} stands already at ${first}`,
      remedy: 'Nothing was sent. Remove one of the two.',
    })
  }
}

interface Wanted {
  readonly id: ObjectName
  readonly object: PlainObject
}

function showDiff(wanted: readonly Wanted[], present: readonly EntryView[], surplus: readonly EntryView[]): void {
  const changes = [
    ...wanted.map(({ id, object }) => ({ id, before: present.find(entry => sameObject(entry, id)), after: object })),
    ...surplus.map(entry => ({ id: entry, before: entry, after: undefined })),
  ]
  const texts = changes.map(({ id, before, after }) =>
    unifiedDiff({
      title: titleOf(id),
      beforeLabel: before === undefined ? 'absent' : `revision ${before.revision}`,
      afterLabel: after === undefined ? 'removed' : 'given',
      before: before?.object ?? undefined,
      after,
    }),
  )
  process.stdout.write(printableLines(texts.join('')))
}
