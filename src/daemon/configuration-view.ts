/** What the commands see of the configuration, from the merged view of all sources. */

import type {
  AppliedView,
  ConfigurationView,
  EntryView,
  KindView,
  ObjectName,
  ProblemView,
  ResultView,
  TransactionView,
} from '../admin/configuration-view.ts'
import { kindFor, kinds } from '../config/kinds/catalogue.ts'
import type { Kind } from '../config/kinds/kind.ts'
import { type KindName, kindNames } from '../config/object.ts'
import type { Problem } from '../config/problem.ts'
import type { ConfigAccess, ConfigEntry } from '../config/store/config-access.ts'
import type { ConfigSource, ObjectId, Write } from '../config/store/config-store.ts'
import { MeshwrightError } from '../platform/errors.ts'

export function configurationView(access: ConfigAccess): ConfigurationView {
  const revisionView = (revision: number) => ({ revision, oldestRevision: access.oldestRevision() })
  return {
    kinds: () => Object.values(kinds).map(kindView),
    revision: () => revisionView(access.revision()),
    revisionAt: timeMs => revisionView(access.revisionAt(timeMs)),
    list({ kind, namespace, at, after, limit }) {
      const page = access.list({
        limit,
        ...(kind === undefined ? {} : { kind: kindNamed(kind) }),
        ...(namespace === undefined ? {} : { namespace }),
        ...(at === undefined ? {} : { at }),
        ...(after === undefined ? {} : { after: idOf(after) }),
      })
      return {
        revision: page.revision,
        entries: page.entries.map(entryView),
        ...(page.next === undefined ? {} : { next: page.next }),
      }
    },
    get(name) {
      const entry = access.get(idOf(name))
      if (entry === undefined) throw notFound(name)
      return entryView(entry)
    },
    history(name) {
      const versions = access.history(idOf(name))
      if (versions.length === 0) throw notFound(name)
      return versions.map(entryView)
    },
    changesSince: revision =>
      access.changesSince(revision).map(commit => ({ ...commit, entries: commit.entries.map(entryView) })),
    nextCommit: signal =>
      new Promise(resolve => {
        const done = (): void => {
          stop()
          signal.removeEventListener('abort', done)
          resolve()
        }
        const stop = access.onChange(done)
        if (signal.aborted) done()
        else signal.addEventListener('abort', done)
      }),
    subjects: transaction => writesFrom(transaction),
    async apply(transaction, changedBy) {
      const writes = writesFrom(transaction)
      const before = writes.map(write => access.get(write))
      const { revision, entries, warnings, effect } = await access.apply({
        writes,
        changedBy,
        dryRun: transaction.dryRun,
      })
      const view: AppliedView = {
        revision,
        results: entries.map((entry, index) => resultView(entry, before[index])),
        warnings: warnings.map(problemView),
        effect: effect ?? null,
      }
      return view
    },
  }
}

// The catalogue's own generality, as in kinds/catalogue.ts.
const kindView = (kind: unknown): KindView => {
  const { name, group, versions, plural, shortNames, scope } = kind as Kind
  return { kind: name, group, versions, plural, shortNames, scope }
}

function kindNamed(name: string): KindName {
  const found = kindNames.find(known => known === name)
  if (found !== undefined) return found
  throw new MeshwrightError('OBJECT_KIND_UNKNOWN', {
    message: `${JSON.stringify(name)} is no kind of object`,
    remedy: `Use ${kindNames.join(', ')}.`,
  })
}

const idOf = ({ kind, namespace, name }: ObjectName): ObjectId => ({ kind: kindNamed(kind), namespace, name })

function notFound({ kind, namespace, name }: ObjectName): MeshwrightError {
  const where = namespace === '' ? name : `${namespace}/${name}`
  return new MeshwrightError('OBJECT_NOT_FOUND', {
    message: `there is no ${kind} ${where}`,
    remedy: 'See what there is with `meshwright get`; look at the namespace, too.',
  })
}

function writesFrom({ writes }: TransactionView): readonly Write[] {
  return writes.map(({ object, remove, expectedRevision }, index) => {
    const id = remove === undefined ? identified(object ?? {}, index) : idOf(remove)
    return { ...id, object, ...(expectedRevision === undefined ? {} : { expectedRevision }) }
  })
}

function identified(object: Readonly<Record<string, unknown>>, index: number): ObjectId {
  const { apiVersion, kind: kindName, metadata } = object
  const { name, namespace } = (metadata ?? {}) as Readonly<Record<string, unknown>>
  const kind = kindFor(String(apiVersion), String(kindName))
  if (kind === undefined || typeof name !== 'string') {
    throw new MeshwrightError('CONFIG_INVALID', {
      message: `writes[${index}]: apiVersion and kind of a known kind, and metadata.name are needed`,
    })
  }
  if (kind.scope === 'cluster') return { kind: kind.name, namespace: '', name }
  return { kind: kind.name, namespace: typeof namespace === 'string' && namespace !== '' ? namespace : 'default', name }
}

function resultView(
  { kind, namespace, name, revision, object }: ConfigEntry,
  before: ConfigEntry | undefined,
): ResultView {
  const outcome =
    object === undefined
      ? 'deleted'
      : before === undefined
        ? 'created'
        : before.revision === revision
          ? 'unchanged'
          : 'changed'
  return { kind, namespace, name, outcome, revision }
}

function entryView(entry: ConfigEntry): EntryView {
  const { kind, namespace, name, revision, generation, uid, changedBy, readOnly, state } = entry
  return {
    kind,
    namespace,
    name,
    revision,
    generation,
    uid,
    createdAt: new Date(entry.createdAtMs).toISOString(),
    changedAt: new Date(entry.changedAtMs).toISOString(),
    changedBy,
    source: sourceText(entry.source),
    readOnly,
    state,
    problems: entry.problems.map(problemView),
    object: entry.object ?? null,
  }
}

const sourceText = (source: ConfigSource): string =>
  source.kind === 'store' ? 'store' : `${source.file}:${source.line}`

function problemView({ severity, kind, namespace, name, field, reason, remedy }: Problem): ProblemView {
  return {
    severity,
    ...(kind === undefined ? {} : { kind }),
    ...(namespace === undefined ? {} : { namespace }),
    ...(name === undefined ? {} : { name }),
    ...(field === undefined ? {} : { field }),
    reason,
    ...(remedy === undefined ? {} : { remedy }),
  }
}
