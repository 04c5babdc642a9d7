/** `meshwright get KIND [NAME]`: objects of every source, with where they come from and whether they are in force. */

import type { Command } from 'commander'
import type { EntryView, KindView, ObjectName } from '../../admin/configuration-view.ts'
import { systemClock } from '../../platform/clock.ts'
import { errorFrom, MeshwrightError } from '../../platform/errors.ts'
import { formatAge } from '../duration.ts'
import { formatTable, printableLines } from '../table.ts'
import { type ConfigFlags, type Connection, connectionFrom, formatOption, withConfig } from './config-flags.ts'
import { kindCalled } from './configuration-client.ts'
import { yamlOf } from './object-text.ts'
import { objectForReaders } from './readers-object.ts'

interface GetFlags extends ConfigFlags {
  readonly allNamespaces?: true
  readonly watch?: true
  readonly output: 'table' | 'wide' | 'yaml' | 'json' | 'name'
}

/** On the `get` command itself: its subcommands are what is no configuration. */
export function addGetConfig(get: Command): void {
  withConfig(get)
    .argument('<kinds>', 'kind, plural or short name, several with commas: vs,dr')
    .argument('[names...]', 'of one kind; absent: every object')
    .option('-A, --all-namespaces', 'not only one namespace')
    .option('-w, --watch', 'go on with each change; ends with the command')
    .addOption(formatOption(['table', 'wide', 'yaml', 'json', 'name']))
    .action((words: string, names: readonly string[], flags: GetFlags) => getConfig(words, names, flags))
}

async function getConfig(words: string, names: readonly string[], flags: GetFlags): Promise<void> {
  const connection = connectionFrom(flags)
  const known = await connection.client.kinds()
  const kinds = words.split(',').map(word => kindCalled(known, word))
  const [kind] = kinds
  if (kind === undefined || (names.length > 0 && kinds.length > 1)) {
    throw new MeshwrightError('OPTION_INVALID', {
      message: 'names are those of one kind',
      remedy: 'Give one kind with names, or several kinds without.',
    })
  }
  const first = names.length > 0 ? await named(connection, kind, names) : await listed(connection, kinds, flags)
  const shown = { format: flags.output, isOneNamed: names.length === 1 } as const
  process.stdout.write(format(first.entries, shown))
  if (flags.watch === true) await follow(connection, { kinds, names, flags, revision: first.revision })
}

async function named({ client, namespace }: Connection, kind: KindView, names: readonly string[]) {
  const { revision } = await client.revision()
  const ids = names.map(name => ({ kind: kind.kind, namespace: kind.scope === 'cluster' ? '' : namespace, name }))
  return { revision, entries: await Promise.all(ids.map(id => client.get(id))) }
}

async function listed({ client, namespace }: Connection, kinds: readonly KindView[], flags: GetFlags) {
  const entries: EntryView[] = []
  let at: number | undefined
  for (const { kind, scope } of kinds) {
    const where = flags.allNamespaces === true || scope === 'cluster' ? {} : { namespace }
    const page = await client.list({ kind, ...where, withRefused: true, ...(at === undefined ? {} : { at }) })
    at = page.revision
    entries.push(...page.entries)
  }
  return { revision: at ?? 0, entries }
}

interface Followed {
  readonly kinds: readonly KindView[]
  readonly names: readonly string[]
  readonly flags: GetFlags
  readonly revision: number
}

/** Until the command is ended, or the daemon goes. */
async function follow({ client, namespace }: Connection, { kinds, names, flags, revision }: Followed): Promise<void> {
  const concerns = (id: ObjectName): boolean => {
    const kind = kinds.find(candidate => candidate.kind === id.kind)
    if (kind === undefined || (names.length > 0 && !names.includes(id.name))) return false
    return flags.allNamespaces === true || kind.scope === 'cluster' || id.namespace === namespace
  }
  for (let since = revision; ; ) {
    const commits = await client.changesSince(since).catch((thrown: unknown) => {
      const error = errorFrom(thrown)
      if (error.code !== 'REVISION_COMPACTED') throw error
      throw new MeshwrightError('REVISION_COMPACTED', { message: error.message, remedy: 'Start the command again.' })
    })
    const entries = commits.flatMap(commit => commit.entries).filter(concerns)
    since = commits.at(-1)?.revision ?? since
    if (entries.length > 0)
      process.stdout.write(format(entries, { format: flags.output, isOneNamed: false }, 'rows only'))
  }
}

interface Shown {
  readonly format: GetFlags['output']
  readonly isOneNamed: boolean
}

const header = ['KIND', 'NAMESPACE', 'NAME', 'REVISION', 'SOURCE', 'STATE', 'AGE']

function format(entries: readonly EntryView[], { format, isOneNamed }: Shown, rows?: 'rows only'): string {
  const documents = entries.map(entry => objectForReaders(entry))
  const [only] = documents
  switch (format) {
    case 'json':
      return `${JSON.stringify(isOneNamed ? only : { apiVersion: 'v1', kind: 'List', items: documents }, undefined, 2)}\n`
    case 'yaml':
      return printableLines(documents.map(yamlOf).join('---\n'))
    case 'name':
      return printableLines(entries.map(({ kind, name }) => `${kind.toLowerCase()}/${name}\n`).join(''))
    case 'table':
    case 'wide': {
      const table = formatTable(
        format === 'wide' ? [...header, 'GENERATION', 'CHANGED BY', 'CHANGED AT'] : header,
        entries.map(entry => rowOf(entry, format)),
      )
      const text = rows === undefined ? table : table.slice(table.indexOf('\n') + 1)
      return text + notesOn(entries)
    }
  }
}

function rowOf(entry: EntryView, format: 'table' | 'wide'): readonly string[] {
  const { kind, namespace, name, revision, source, state, createdAt, generation, changedBy, changedAt } = entry
  const isVersion = revision > 0
  const row = [
    kind,
    namespace,
    name,
    isVersion ? String(revision) : '-',
    source,
    state,
    isVersion ? formatAge(systemClock.now() - Date.parse(createdAt)) : '-',
  ]
  return format === 'wide'
    ? [...row, isVersion ? String(generation) : '-', changedBy, isVersion ? changedAt : '-']
    : row
}

/** What stands against an object is said below the table: a column would cut it. */
function notesOn(entries: readonly EntryView[]): string {
  const lines = entries.flatMap(entry =>
    entry.problems.map(({ severity, field, reason, remedy }) => {
      const place = [`${entry.kind} ${entry.namespace}/${entry.name}`, ...(field === undefined ? [] : [field])].join(
        ': ',
      )
      return `${severity}: ${place}: ${reason}${remedy === undefined ? '' : `; ${remedy}`}`
    }),
  )
  return lines.length === 0 ? '' : printableLines(`\n${lines.join('\n')}\n`)
}
