/**
 * The newest version of every object in memory, without the objects: what is on disk, and over it what is on its way there.
 * A commit is checked against both, so that commits need not wait for each other; reads see only what is on disk.
 */

import type { JsonObject, ObjectId, StoredVersion, Usage, VersionFacts } from './config-store.ts'
import { differenceOf, noUsage, sumOf } from './measure.ts'
import { type IdText, idText } from './object-id.ts'

export interface Head {
  readonly facts: VersionFacts
  /** Whether the version is a deletion. */
  readonly isLive: boolean
  readonly usage: Usage
}

/** A version on its way to the disk. */
export interface StagedVersion {
  readonly head: Head
  readonly object: JsonObject | undefined
  /** As JSON. */
  readonly text: string | undefined
}

export interface Heads {
  /** The newest that exists, or the deletion. */
  newest(id: ObjectId): Head | undefined
  /** What exists on disk. */
  durable(id: ObjectId): VersionFacts | undefined
  /** Every object that exists on disk. */
  all(): readonly VersionFacts[]
  /** Undefined: the newest is on disk. */
  stagedVersion(id: ObjectId): StagedVersion | undefined
  stage(version: StagedVersion): void
  /** It is on disk. */
  settle(version: StagedVersion): void
  /** Nothing that is on its way will arrive. */
  unstage(): void
  load(head: Head): void
  /** Its last version is gone from the history. */
  forget(id: ObjectId): void
  usage(namespace: string): Usage
}

export function createHeads(): Heads {
  const durable = new Map<IdText, Head>()
  const staged = new Map<IdText, StagedVersion>()
  const usages = new Map<string, Usage>()
  const count = (before: Head | undefined, after: Head | undefined): void => {
    const namespace = (after ?? before)?.facts.namespace
    if (namespace === undefined) return
    const change = differenceOf(after?.usage ?? noUsage, before?.usage ?? noUsage)
    const sum = sumOf(usages.get(namespace) ?? noUsage, change)
    if (sum.objects === 0) usages.delete(namespace)
    else usages.set(namespace, sum)
  }
  const newest = (id: ObjectId): Head | undefined => {
    const key = idText(id)
    return staged.get(key)?.head ?? durable.get(key)
  }
  return {
    newest,
    durable(id) {
      const head = durable.get(idText(id))
      return head?.isLive === true ? head.facts : undefined
    },
    all: () => [...durable.values()].flatMap(({ isLive, facts }) => (isLive ? [facts] : [])),
    stagedVersion: id => staged.get(idText(id)),
    stage(version) {
      count(newest(version.head.facts), version.head)
      staged.set(idText(version.head.facts), version)
    },
    settle(version) {
      const key = idText(version.head.facts)
      durable.set(key, version.head)
      if (staged.get(key) === version) staged.delete(key)
    },
    unstage() {
      for (const [key, { head }] of staged) count(head, durable.get(key))
      staged.clear()
    },
    load(head) {
      count(newest(head.facts), head)
      durable.set(idText(head.facts), head)
    },
    forget: id => void durable.delete(idText(id)),
    usage: namespace => usages.get(namespace) ?? noUsage,
  }
}

export const versionFrom = ({ head, object }: StagedVersion): StoredVersion => ({ ...head.facts, object })
