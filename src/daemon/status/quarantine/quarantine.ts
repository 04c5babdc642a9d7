/**
 * Keeps a resource that proxies of a build refuse at what it would be without the change that broke it, for those proxies
 * alone. What they are served in its place is derived from everything else as it is now: only the object to blame is at
 * its earlier version, so that no other change, and least of all one of security, is held up with it. docs/status.md has
 * the rules; the reasons are in docs/decisions/quarantine.md.
 *
 *     NACK ─▶ refusals ─enough identities, or the own Envoy refuses─▶ blame ─not of security─▶ hold ─▶ screened tables
 */

import type { AnyObject } from '../../../config/kinds/catalogue.ts'
import type { KindName } from '../../../config/object.ts'
import type { ObjectReference, QuarantinedResource } from '../../../config/object-status.ts'
import type { Clock } from '../../../platform/clock.ts'
import type { EncodedResource } from '../../../platform/encoded-resource.ts'
import type { Log } from '../../../platform/log.ts'
import { shortTypeOf } from '../../../platform/resource-types.ts'
import type { ProxyTables } from '../../../translate/connected-proxy.ts'
import type { ResourceTable } from '../../../xds/resource-table.ts'
import { type ScreenedTable, screenedTable } from '../../../xds/screened-table.ts'
import type { SessionStatus } from '../../../xds/session-status.ts'
import type { TableSet } from '../../../xds/table-set.ts'
import type { RecentChange } from '../experiment/recent-changes.ts'
import { type Blame, type BlameParts, findBlame } from '../provenance/blame.ts'
import { differencesIf } from '../provenance/provenance.ts'
import { type DryRun, isOfBuild } from './dry-run.ts'
import { buildOf, createRefusals, type Refusal } from './refusals.ts'

export interface QuarantineOptions extends BlameParts {
  readonly sessions: () => Iterable<SessionStatus>
  readonly proxyOf: (tables: TableSet) => ProxyTables<ResourceTable> | undefined
  /** Distinct identities that must refuse the same content; 0: however many, they are not enough. */
  readonly identities: number
  readonly dryRun: DryRun | undefined
  /** Sends what the screened tables have made due. */
  readonly flush: () => void
  readonly observer: QuarantineObserver
  readonly clock: Clock
  readonly log: Log
}

export interface QuarantineObserver {
  /** A NACK was traced. */
  traced(kind: KindName | 'unknown'): void
  /** A resource that comes from an object of security is refused: it stays in force, and somebody must see to it. */
  securityRefused(kind: KindName): void
}

export interface Quarantine {
  refused(session: SessionStatus, typeUrl: string, message: string): void
  /** To be called after each commit, before the flush: what is not broken any more is let go. Cost without holds: none. */
  committed(): void
  /** What a client of this build is served in place of its tables; the same array while nothing is held. */
  screened(build: string, typeUrl: string, proxy: ProxyTables<ResourceTable>): readonly ResourceTable[]
  /** `listener` is called with a type of which `screened` answers other tables now. */
  onScreened(build: string, listener: (typeUrl: string) => void): () => void
  /** Names of a type that are kept back from a stream. */
  heldFor(session: SessionStatus, typeUrl: string): readonly string[]
  heldOf(reference: ObjectReference): readonly QuarantinedResource[]
  /** The object and field that the last refusal of this resource is blamed on, `Kind namespace/name: field`. */
  blameFor(typeUrl: string, names: readonly string[]): string | undefined
  readonly size: number
}

interface Hold {
  readonly refusal: Refusal
  readonly blame: Blame
  readonly evidence: QuarantinedResource['evidence']
  readonly sinceMs: number
  /**
   * What is served in place of the refused content, by the table that holds it: facets may differ in what they had. Undefined:
   * nothing is.
   */
  readonly instead: Map<ResourceTable, EncodedResource | undefined>
}

/** Never at an earlier version than the one in force: these say who may do what. */
const securityKinds: ReadonlySet<string> = new Set([
  'PeerAuthentication',
  'RequestAuthentication',
  'AuthorizationPolicy',
])

/** Refusals that wait to be looked at; more are looked at when they come again. */
const longestQueue = 100
const mostBlames = 500

export function createQuarantine(options: QuarantineOptions): Quarantine {
  const { translation, sources, clock, log, observer, dryRun } = options
  const refusals = createRefusals()
  const holds = new Set<Hold>()
  const listeners = new Map<string, Set<(typeUrl: string) => void>>()
  const screens = new Map<string, Map<ResourceTable, ScreenedTable>>()
  const blames = new Map<string, Blame | undefined>()
  const waiting = new Map<string, Refusal>()
  const accusations = new WeakMap<RecentChange, Map<string, Set<Refusal>>>()
  let looking = false

  const holdsFor = (build: string, typeUrl: string): readonly Hold[] =>
    [...holds].filter(({ refusal }) => refusal.build === build && refusal.typeUrl === typeUrl)
  const show = (build: string, table: ResourceTable, resource: EncodedResource): EncodedResource | undefined => {
    for (const { refusal, instead } of holdsFor(build, table.typeUrl)) {
      const isIt = refusal.name === resource.name && refusal.version === resource.version
      if (isIt && instead.has(table)) return instead.get(table)
    }
    return resource
  }
  /** Derives what a proxy is served in place of the refused content; a table once. Nothing while a commit runs. */
  const fill = ({ refusal, blame, instead }: Hold, proxy: ProxyTables<ResourceTable>): void => {
    const table = proxy.tables(refusal.typeUrl).find(one => one.get(refusal.name)?.version === refusal.version)
    if (table === undefined || instead.has(table) || translation.isBusy) return
    const subject = { proxy, typeUrl: refusal.typeUrl, names: [refusal.name] }
    const [difference] = differencesIf(options, subject, blame.object, blame.change?.before)
    if (difference?.before?.version === refusal.version) instead.set(table, difference.after)
  }
  const screenKey = (build: string, typeUrl: string): string => `${build}\n${typeUrl}`
  const rescreen = (build: string, typeUrl: string): void => {
    const key = screenKey(build, typeUrl)
    if (holdsFor(build, typeUrl).length > 0 && screens.has(key)) {
      for (const screen of screens.get(key)?.values() ?? []) screen.refresh()
      return
    }
    if (holdsFor(build, typeUrl).length > 0) screens.set(key, new Map())
    else {
      for (const screen of screens.get(key)?.values() ?? []) screen.close()
      screens.delete(key)
    }
    for (const listener of listeners.get(build) ?? []) listener(typeUrl)
  }

  const blameOf = (refusal: Refusal): Blame | undefined => {
    const id = `${refusal.typeUrl}\n${refusal.name}\n${refusal.version}`
    const known = blames.get(id)
    const isOld = known?.change !== undefined && options.recent.of(known.change.kind, known.change.key) !== known.change
    if (blames.has(id) && !isOld) return known
    // The object was another meanwhile, and what was said of it then is said no more.
    if (isOld) refusals.restart(refusal)
    const proxy = options.proxyOf(refusal.session.tables)
    if (proxy === undefined) return undefined
    // Only what is still served can be traced by experiment.
    const isCurrent = proxy.tables(refusal.typeUrl).some(table => table.get(refusal.name)?.version === refusal.version)
    if (!isCurrent) return undefined
    const subject = { proxy, typeUrl: refusal.typeUrl, names: [refusal.name] }
    const blame = findBlame(options, subject, refusal.message)
    blames.set(id, blame)
    for (const oldest of blames.keys()) {
      if (blames.size <= mostBlames) break
      blames.delete(oldest)
    }
    const facts = { type: shortTypeOf(refusal.typeUrl), resource: refusal.name, build: refusal.build }
    observer.traced(blame?.object.kind ?? 'unknown')
    log.warn({ ...facts, object: nameOf(blame), error: refusal.message }, 'a refused resource was traced')
    return blame
  }

  const hold = (refusal: Refusal, evidence: Hold['evidence']): void => {
    const blame = blameOf(refusal)
    const { change } = blame ?? {}
    const facts = {
      type: shortTypeOf(refusal.typeUrl),
      resource: refusal.name,
      build: refusal.build,
      object: nameOf(blame),
    }
    if (blame === undefined || change === undefined) {
      log.error(facts, 'proxies refuse a resource, and no recent change is to blame: nothing is held back')
      return
    }
    if (securityKinds.has(change.kind)) {
      observer.securityRefused(change.kind)
      log.error(facts, 'proxies refuse what an object of security asks for: it stays in force and is not held back')
      return
    }
    const proxy = options.proxyOf(refusal.session.tables)
    if (proxy === undefined) return
    const held: Hold = { refusal, blame, evidence, sinceMs: clock.now(), instead: new Map() }
    fill(held, proxy)
    if (held.instead.size === 0) return
    holds.add(held)
    log.error(facts, 'a resource is held back at its last good version for the proxies that refuse it')
    rescreen(refusal.build, refusal.typeUrl)
    options.flush()
  }

  /** Those who refuse what one change of an object makes, be it the same resource or each its own. */
  const accusers = (refusal: Refusal, { change }: Blame): ReadonlySet<Refusal> => {
    if (change === undefined) return new Set([refusal])
    const byBuild = accusations.get(change) ?? new Map<string, Set<Refusal>>()
    accusations.set(change, byBuild)
    const all = byBuild.get(refusal.build) ?? new Set()
    byBuild.set(refusal.build, all.add(refusal))
    return all
  }

  const isHeld = ({ typeUrl, name, version, build }: Refusal): boolean =>
    holdsFor(build, typeUrl).some(({ refusal }) => refusal.name === name && refusal.version === version)

  const look = async (refusal: Refusal): Promise<void> => {
    const blame = blameOf(refusal)
    const proxy = options.proxyOf(refusal.session.tables)
    if (isHeld(refusal)) {
      // A table that had something else when it was first screened.
      if (proxy !== undefined) for (const held of holdsFor(refusal.build, refusal.typeUrl)) fill(held, proxy)
      rescreen(refusal.build, refusal.typeUrl)
      options.flush()
      return
    }
    const alike = blame === undefined ? new Set([refusal]) : accusers(refusal, blame)
    const identities = new Set([...alike].flatMap(one => [...one.identities]))
    const isEnough = options.identities > 0 && identities.size >= options.identities
    const resource = proxy
      ?.tables(refusal.typeUrl)
      .map(table => table.get(refusal.name))
      .find(found => found?.version === refusal.version)
    const verdict =
      dryRun === undefined || resource === undefined || !isOfBuild(await dryRun.version(), refusal.build)
        ? undefined
        : await dryRun.validate(refusal.typeUrl, resource)
    // Several say no, and the same Envoy here says yes: they may be lying, or broken in a way of their own.
    if (verdict === 'accepted') {
      if (isEnough)
        log.warn({ resource: refusal.name, build: refusal.build }, 'refused by proxies, accepted in a dry run')
      return
    }
    if (verdict === 'refused' && !isHeld(refusal)) hold(refusal, 'dry run')
    if (isEnough) for (const one of alike) if (!isHeld(one)) hold(one, 'proxies')
  }

  const lookAtNext = (): void => {
    const [next] = waiting
    if (next === undefined || looking) return
    looking = true
    waiting.delete(next[0])
    look(next[1])
      .catch((err: unknown) => log.error({ err }, 'a refusal could not be traced'))
      .finally(() => {
        looking = false
        if (waiting.size > 0) clock.after(0, lookAtNext)
      })
  }

  return {
    refused(session, typeUrl, message) {
      const type = session.types.find(one => one.typeUrl === typeUrl)
      if (type === undefined) return
      const refusal = refusals.note(session, type, message, clock.now())
      if (refusal === undefined || waiting.size >= longestQueue) return
      waiting.set(`${refusal.typeUrl}\n${refusal.name}\n${refusal.version}\n${refusal.build}`, refusal)
      // Not within the stream that refused: what follows may concern any other.
      clock.after(0, lookAtNext)
    },
    committed() {
      for (const held of holds) {
        const { refusal, blame } = held
        const { kind, metadata } = blame.object
        const isSame = sources[kind].get(`${metadata.namespace}/${metadata.name}`) === blame.change?.after
        if (isSame && !isGone(refusal)) continue
        holds.delete(held)
        refusals.forget(refusal)
        log.info({ resource: refusal.name, build: refusal.build, object: nameOf(blame) }, 'held back no longer')
        rescreen(refusal.build, refusal.typeUrl)
      }
    },
    screened(build, typeUrl, proxy) {
      const tables = proxy.tables(typeUrl)
      const screen = screens.get(screenKey(build, typeUrl))
      if (screen === undefined) return tables
      for (const held of holdsFor(build, typeUrl)) fill(held, proxy)
      return tables.map(table => {
        const known = screen.get(table)
        known?.refresh()
        const made = known ?? screenedTable(table, resource => show(build, table, resource))
        screen.set(table, made)
        return made.table
      })
    },
    onScreened(build, listener) {
      const all = listeners.get(build) ?? new Set()
      listeners.set(build, all.add(listener))
      return () => {
        all.delete(listener)
        if (all.size === 0) listeners.delete(build)
      }
    },
    heldFor: (session, typeUrl) =>
      holdsFor(buildOf(session), typeUrl).flatMap(({ refusal }) =>
        options
          .proxyOf(session.tables)
          ?.tables(typeUrl)
          .some(table => table.get(refusal.name)?.version === refusal.version) === true
          ? [refusal.name]
          : [],
      ),
    heldOf: reference => [...holds].filter(({ blame }) => isOf(blame.object, reference)).map(quarantinedFrom),
    blameFor(typeUrl, names) {
      for (const [id, blame] of [...blames].reverse()) {
        const [type, name = ''] = id.split('\n')
        if (type === typeUrl && names.includes(name) && blame !== undefined) return nameOf(blame)
      }
      return undefined
    },
    get size() {
      return holds.size
    },
  }

  /** Proxies of the build have the resource, and none of them with the refused content. */
  function isGone({ build, typeUrl, name, version }: Refusal): boolean {
    let isThere = false
    for (const session of options.sessions()) {
      if (buildOf(session) !== build) continue
      for (const table of options.proxyOf(session.tables)?.tables(typeUrl) ?? []) {
        const found = table.get(name)?.version
        if (found === version) return false
        if (found !== undefined) isThere = true
      }
    }
    return isThere && !translation.isSupposing
  }
}

function quarantinedFrom({ refusal, blame, evidence, sinceMs }: Hold): QuarantinedResource {
  return {
    type: shortTypeOf(refusal.typeUrl),
    resource: refusal.name,
    build: refusal.build,
    since: new Date(sinceMs).toISOString(),
    evidence,
    message: refusal.message,
    ...(blame.field === undefined ? {} : { field: blame.field }),
  }
}

const isOf = ({ kind, metadata }: AnyObject, reference: ObjectReference): boolean =>
  kind === reference.kind && metadata.namespace === reference.namespace && metadata.name === reference.name

function nameOf(blame: Blame | undefined): string {
  if (blame === undefined) return 'unknown'
  const { kind, metadata } = blame.object
  const name = metadata.namespace === '' ? metadata.name : `${metadata.namespace}/${metadata.name}`
  return `${kind} ${name}${blame.field === undefined ? '' : `: ${blame.field}`}`
}
