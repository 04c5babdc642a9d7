/** The one way by which several objects become one revision or nothing, whoever asks and in whichever form. */

import { requireEditor } from '../../admin/authorize.ts'
import type { RouteRequest } from '../../admin/routes/route.ts'
import type { Applied } from '../../config/store/config-access.ts'
import type { ObjectId, Write } from '../../config/store/config-store.ts'
import { MeshwrightError } from '../../platform/errors.ts'
import type { ApiParts } from '../api-parts.ts'
import { formatSubject } from '../routes/object-request.ts'

/** Of a transaction: some 20,000 objects of the size that real ones have. */
export const bodyLimitBytes = 64 * 1024 * 1024
const mostWrites = 20_000

export interface Transaction {
  /** What the body calls its list, for complaints. */
  readonly list: string
  readonly ids: readonly ObjectId[]
  /** Asked for when it is known that the caller may write all of them; in the order of the ids. */
  readonly writes: () => readonly Write[]
  readonly dryRun: boolean
}

/** A list of the body. Throws `REQUEST_INVALID`. */
export function requireList(value: unknown, name: string): readonly unknown[] {
  if (Array.isArray(value) && value.length > 0 && value.length <= mostWrites) return value as readonly unknown[]
  throw new MeshwrightError('REQUEST_INVALID', { message: `${name}: a list of 1 to ${mostWrites} is needed` })
}

/** Throws `ACCESS_DENIED`, `REQUEST_INVALID`, and what `ConfigAccess.apply` does. */
export async function transact(
  { access }: Pick<ApiParts, 'access'>,
  request: RouteRequest,
  { list, ids, writes, dryRun }: Transaction,
): Promise<Applied> {
  const subjects = ids.map(formatSubject)
  request.audit(subjects)
  for (const { namespace } of ids) requireEditor(request.caller, namespace)
  requireDistinct(list, subjects)
  return access.apply({ writes: writes(), changedBy: request.caller.id, dryRun, origin: 'request' })
}

function requireDistinct(list: string, subjects: readonly string[]): void {
  const seen = new Set<string>()
  for (const [index, subject] of subjects.entries()) {
    if (seen.has(subject)) {
      throw new MeshwrightError('REQUEST_INVALID', {
        message: `${list}[${index}]: ${subject} is in the transaction already`,
      })
    }
    seen.add(subject)
  }
}
