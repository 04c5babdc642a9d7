/** The daemon's configuration over its management API, in the shapes of `ConfigurationView`. */

import type {
  AppliedView,
  CommitView,
  EntryPage,
  EntryView,
  KindView,
  ObjectName,
  RevisionView,
  TransactionView,
} from '../../admin/configuration-view.ts'
import { MeshwrightError } from '../../platform/errors.ts'
import type { ManagementClient } from '../management-client.ts'

export interface EntryQuery {
  readonly kind?: string
  readonly namespace?: string
  /** The state as it was; absent: now. */
  readonly at?: number
  /** With the objects of files of which nothing is in force. */
  readonly withRefused?: boolean
}

export interface Entries {
  readonly revision: number
  readonly entries: readonly EntryView[]
}

export interface ConfigurationClient {
  kinds(): Promise<readonly KindView[]>
  revision(): Promise<RevisionView>
  /** Of the last commit at this moment or before; 0 when there was none. */
  revisionAt(timeMs: number): Promise<number>
  /** Every page. */
  list(query: EntryQuery): Promise<Entries>
  get(name: ObjectName): Promise<EntryView>
  history(name: ObjectName): Promise<readonly EntryView[]>
  /** Answers when there is something later, or with nothing after half a minute. */
  changesSince(revision: number): Promise<readonly CommitView[]>
  apply(transaction: TransactionView): Promise<AppliedView>
}

const pageSize = 500
/** Longer than the daemon waits for a change. */
const watchPatience = { timeoutMs: 60_000 }

export function configurationClient(management: ManagementClient): ConfigurationClient {
  const read = async <Answer>(path: string): Promise<Answer> => JSON.parse(await management.get(path)) as Answer
  return {
    kinds: () => read('/v1/configuration/kinds'),
    revision: () => read('/v1/configuration/revision'),
    revisionAt: async timeMs => (await read<RevisionView>(`/v1/configuration/revision?timeMs=${timeMs}`)).revision,
    async list(query) {
      const entries: EntryView[] = []
      let { at } = query
      for (let after: ObjectName | undefined; ; ) {
        const page: EntryPage = await read(`/v1/configuration/objects?${parameters({ ...query, at }, after)}`)
        entries.push(...page.entries)
        // All pages show one state, that of the first.
        at = page.revision
        after = page.next
        if (after === undefined) return { revision: at, entries }
      }
    },
    get: name => read(pathOf(name)),
    history: name => read(`${pathOf(name)}/history`),
    async changesSince(revision) {
      return JSON.parse(
        await management.get(`/v1/configuration/changes?since=${revision}`, watchPatience),
      ) as CommitView[]
    },
    apply: async transaction =>
      JSON.parse(await management.post('/v1/configuration/transactions', transaction)) as AppliedView,
  }
}

/** A query whose later pages show the state of its first. */
type Moment = Omit<EntryQuery, 'at'> & { readonly at: number | undefined }

/** `_` stands for no namespace. */
function pathOf({ kind, namespace, name }: ObjectName): string {
  const segments = [kind, namespace === '' ? '_' : namespace, name].map(encodeURIComponent)
  return `/v1/configuration/objects/${segments.join('/')}`
}

function parameters({ kind, namespace, at, withRefused }: Moment, after: ObjectName | undefined): string {
  const query = new URLSearchParams({ limit: String(pageSize) })
  if (kind !== undefined) query.set('kind', kind)
  if (namespace !== undefined) query.set('namespace', namespace)
  if (withRefused === true) query.set('withRefused', 'true')
  if (at !== undefined) query.set('at', String(at))
  if (after !== undefined) query.set('after', [after.kind, after.namespace, after.name].join('/'))
  return query.toString()
}

/** What the user calls a kind: its name, plural or a short name, in any case. Throws `OBJECT_KIND_UNKNOWN`. */
export function kindCalled(kinds: readonly KindView[], word: string): KindView {
  const called = word.toLowerCase()
  // `virtualservices.networking.istio.io`, as kubectl has it.
  const [bare = '', ...group] = called.split('.')
  const found = kinds.find(
    kind =>
      (group.length === 0 || group.join('.') === kind.group) &&
      [kind.kind.toLowerCase(), kind.plural, ...kind.shortNames].includes(bare),
  )
  if (found !== undefined) return found
  throw new MeshwrightError('OBJECT_KIND_UNKNOWN', {
    message: `${JSON.stringify(word)} is no kind of object`,
    remedy: `Use ${kinds.map(({ plural, shortNames: [short] }) => (short === undefined ? plural : `${plural} (${short})`)).join(', ')}.`,
  })
}

export const sameObject = (a: ObjectName, b: ObjectName): boolean =>
  a.kind === b.kind && a.namespace === b.namespace && a.name === b.name

/** `VirtualService shop/web`. */
export const titleOf = ({ kind, namespace, name }: ObjectName): string =>
  `${kind} ${namespace === '' ? name : `${namespace}/${name}`}`
