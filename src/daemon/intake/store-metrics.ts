/** What dashboards see of the configuration store and its door. */

import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import type { StoreFigures } from '../../config/store/config-store.ts'

export interface StoreMetricSources {
  /** Cost: the objects. */
  figures(): StoreFigures
  /** Watches of the API that are open. */
  watches(): number
}

export interface StoreMetrics {
  /** A transaction is on disk and in the graph, `tookMs` after it came to the door. */
  applied(tookMs: number): void
  /** The door has refused one; `reason` is the code of the error. */
  refused(reason: string): void
}

export function createStoreMetrics(registry: Registry, { figures, watches }: StoreMetricSources): StoreMetrics {
  const registers = [registry]
  const gauge = (name: string, help: string, value: () => number): void => {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(value())
      },
    })
  }
  new Gauge({
    name: 'meshwright_store_objects',
    help: 'Objects that exist, by kind and by where they come from',
    labelNames: ['kind', 'source'],
    registers,
    collect() {
      this.reset()
      for (const { kind, source, count } of figures().objects) this.set({ kind, source }, count)
    },
  })
  gauge('meshwright_store_revision', 'The newest revision that is on disk', () => figures().revision)
  gauge('meshwright_store_oldest_revision', 'The oldest revision that is known in full', () => figures().oldestRevision)
  gauge('meshwright_store_history_versions', 'Versions of objects on disk', () => figures().versions)
  gauge('meshwright_store_compactions_total', 'Slices of the history that were removed', () => figures().compactions)
  gauge('meshwright_watches', 'Watches of the management API that are open', watches)
  const seconds = new Histogram({
    name: 'meshwright_store_apply_seconds',
    help: 'From the door to the disk and the graph, of transactions that were taken',
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5],
    registers,
  })
  const refusals = new Counter({
    name: 'meshwright_store_refused_total',
    help: 'Transactions refused at the door, by the code of the error',
    labelNames: ['reason'],
    registers,
  })
  return {
    applied: tookMs => seconds.observe(tookMs / 1000),
    refused: reason => refusals.inc({ reason }),
  }
}
