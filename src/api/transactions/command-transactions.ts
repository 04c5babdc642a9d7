/** Transactions as the commands send them: whole objects and names, without managers of fields. */

import type { AppliedView, ResultView, TransactionView, WriteView } from '../../admin/configuration-view.ts'
import { badRequest, fieldsOf, json, type Route } from '../../admin/routes/route.ts'
import { kindFor } from '../../config/kinds/catalogue.ts'
import { kindNamed } from '../../config/kinds/kind-named.ts'
import type { ConfigEntry } from '../../config/store/config-access.ts'
import type { ObjectId, Write } from '../../config/store/config-store.ts'
import { MeshwrightError } from '../../platform/errors.ts'
import type { ApiParts } from '../api-parts.ts'
import { problemView } from '../objects/problem-view.ts'
import { bodyLimitBytes, requireList, transact } from './transact.ts'

export function commandTransactionRoutes({ access }: Pick<ApiParts, 'access'>): readonly Route[] {
  return [
    {
      method: 'POST',
      side: 'management',
      access: 'editor-of-each',
      audit: 'yes',
      path: '/v1/configuration/transactions',
      bodyLimitBytes,
      async handle(_daemon, request) {
        const { writes: views, dryRun } = transactionFrom(request.body)
        const writes = views.map(writeFrom)
        let before: readonly (ConfigEntry | undefined)[] = []
        const applied = await transact({ access }, request, {
          list: 'writes',
          ids: writes,
          dryRun,
          writes() {
            before = writes.map(write => access.get(write))
            return writes
          },
        })
        const view: AppliedView = {
          revision: applied.revision,
          results: applied.entries.map((entry, index) => resultView(entry, before[index])),
          warnings: applied.warnings.map(problemView),
          effect: applied.effect ?? null,
        }
        return json(view)
      },
    },
  ]
}

function transactionFrom(body: unknown): TransactionView {
  const { writes, dryRun = false } = fieldsOf(body)
  if (typeof dryRun !== 'boolean') throw badRequest('dryRun: true or false is needed')
  return { writes: requireList(writes, 'writes').map((write, index) => viewFrom(write, `writes[${index}]`)), dryRun }
}

function viewFrom(write: unknown, at: string): WriteView {
  const { object, remove, expectedRevision } = fieldsOf(write)
  const expected = expectedRevision === undefined ? {} : { expectedRevision: revisionFrom(expectedRevision, at) }
  if ((object === undefined) === (remove === undefined)) throw badRequest(`${at}: object or remove is needed`)
  if (remove === undefined) return { object: fieldsOf(object), ...expected }
  const { kind, namespace = '', name } = fieldsOf(remove)
  if (typeof kind !== 'string' || typeof namespace !== 'string' || typeof name !== 'string')
    throw badRequest(`${at}.remove: kind, namespace and name are needed`)
  return { remove: { kind, namespace, name }, ...expected }
}

function revisionFrom(value: unknown, at: string): number {
  if (Number.isSafeInteger(value) && Number(value) >= 0) return Number(value)
  throw badRequest(`${at}.expectedRevision: a revision is needed`)
}

function writeFrom({ object, remove, expectedRevision }: WriteView, index: number): Write {
  const id = remove === undefined ? identified(object ?? {}, index) : { ...remove, kind: kindNamed(remove.kind) }
  return { ...id, object, ...(expectedRevision === undefined ? {} : { expectedRevision }) }
}

function identified(object: Readonly<Record<string, unknown>>, index: number): ObjectId {
  const { apiVersion, kind: kindName, metadata } = object
  const { name, namespace } = fieldsOf(metadata)
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
