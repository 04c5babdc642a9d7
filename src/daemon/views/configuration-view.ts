/** What the commands see of the configuration, from the merged view of all sources. */

import type { ConfigurationView, EntryView, KindView, ObjectName } from '../../admin/configuration-view.ts'
import { problemView } from '../../api/objects/problem-view.ts'
import { kinds } from '../../config/kinds/catalogue.ts'
import type { Kind } from '../../config/kinds/kind.ts'
import { kindNamed } from '../../config/kinds/kind-named.ts'
import type { ConfigAccess, ConfigEntry } from '../../config/store/config-access.ts'
import type { ConfigSource, ObjectId } from '../../config/store/config-store.ts'
import { MeshwrightError } from '../../platform/errors.ts'

export function configurationView(access: ConfigAccess): ConfigurationView {
  const revisionView = (revision: number) => ({ revision, oldestRevision: access.oldestRevision() })
  return {
    kinds: () => Object.values(kinds).map(kindView),
    revision: () => revisionView(access.revision()),
    revisionAt: timeMs => revisionView(access.revisionAt(timeMs)),
    list({ kind, namespace, at, after, limit, withRefused }) {
      const page = access.list({
        limit,
        withRefused,
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
  }
}

// The catalogue's own generality, as in kinds/catalogue.ts.
const kindView = (kind: unknown): KindView => {
  const { name, group, versions, plural, shortNames, scope } = kind as Kind
  return { kind: name, group, versions, plural, shortNames, scope }
}

const idOf = ({ kind, namespace, name }: ObjectName): ObjectId => ({ kind: kindNamed(kind), namespace, name })

function notFound({ kind, namespace, name }: ObjectName): MeshwrightError {
  const where = namespace === '' ? name : `${namespace}/${name}`
  return new MeshwrightError('OBJECT_NOT_FOUND', {
    message: `there is no ${kind} ${where}`,
    remedy: 'See what there is with `meshwright get`; look at the namespace, too.',
  })
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
