/** What a namespace may hold. Objects of files count too, and are not refused: whoever may write there runs the daemon. */

import { quotaExceeded } from '../store/config-errors.ts'
import type { ConfigStore, SourcedWrite, Usage } from '../store/config-store.ts'
import { differenceOf, measured, noUsage, sumOf } from '../store/measure.ts'

/** Zero is no limit. */
export type Quotas = Usage

export const defaultQuotas: Quotas = Object.freeze({ objects: 10_000, routes: 10_000, bytes: 64 * 1024 * 1024 })

/** Throws `QUOTA_EXCEEDED` for the first namespace that would grow past one. Cluster-scoped objects have no quota. */
export function requireWithinQuotas(
  store: Pick<ConfigStore, 'usage' | 'usageOf'>,
  quotas: Quotas,
  writes: readonly SourcedWrite[],
): void {
  const growth = new Map<string, Usage>()
  for (const write of writes) {
    const after = write.object === undefined ? noUsage : measured(write.object, JSON.stringify(write.object))
    const change = differenceOf(after, store.usageOf(write))
    growth.set(write.namespace, sumOf(growth.get(write.namespace) ?? noUsage, change))
  }
  for (const [namespace, change] of growth) {
    if (namespace === '') continue
    const usage = store.usage(namespace)
    for (const quota of ['objects', 'routes', 'bytes'] as const) {
      const [limit, used, asked] = [quotas[quota], usage[quota], usage[quota] + change[quota]]
      // Whoever is above already, because the quota was lowered, may still take away.
      if (limit > 0 && asked > limit && asked > used) throw quotaExceeded({ namespace, quota, limit, used, asked })
    }
  }
}
