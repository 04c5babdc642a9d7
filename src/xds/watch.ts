/**
 * One type on one stream: what is wanted, how far the client is, and what it must still be told. At most one response is
 * not acknowledged; until then changes only leave the cursors behind, so a slow client merges them and queues nothing.
 */

import type { EncodedResource } from '../platform/encoded-resource.ts'
import { PageSource, type PagesShared } from './page-source.ts'
import type { Page, XdsResponse } from './response.ts'
import { isWanted, type Subscription, type SubscriptionInterner, wantsNothing } from './subscription.ts'
import type { SubscriptionState } from './subscription-rules.ts'
import type { Cursor, Table } from './table.ts'
import type { XdsVariant } from './table-set.ts'
import type { TypeRule } from './type-rules.ts'

/** What streams share: one per server. */
export interface WatchShared extends PagesShared {
  readonly interner: SubscriptionInterner
}

export interface Nack {
  readonly message: string
  readonly nonce: string
  readonly atMs: number
}

/** What the client has of a resource: the bytes where this process sent them, else its version as the client names it. */
export type Held = EncodedResource | { readonly version: string }

type Removals = 'allowed' | 'held back'

export class Watch {
  readonly rule: TypeRule
  readonly #variant: XdsVariant
  readonly #shared: WatchShared
  readonly #source: PageSource
  readonly #wake: () => void
  state: SubscriptionState | undefined
  subscription: Subscription
  #cursors: Cursor[] = []
  /** What the client holds that no cursor speaks of: from an earlier stream, or from tables that were replaced. */
  #known: ReadonlyMap<string, Held> | undefined
  /** Names to be sent (or told absent) whatever the cursors say. */
  readonly #owed = new Set<string>()
  /** Removals that wait until nothing refers to the resource, with what the client holds. */
  readonly #heldBack = new Map<string, Held | undefined>()
  /** Names whose presence or absence the client must be told, also when it is subscribed no longer. */
  readonly #mustAnswer = new Set<string>()
  readonly #refused = new Set<string>()
  readonly #refusedRemovals = new Set<string>()
  /** What was refused comes again in smaller responses, so that the good in it is accepted and the bad is found. */
  #mostNames: number | undefined
  /** The other pages of a response that was too big for one. */
  #pages: XdsResponse[] = []
  #pending: XdsResponse | undefined
  /** The client waits for a first response, be it empty. */
  #answerDue = true
  /** Nothing of the present tables has been sent. */
  #isFresh = true
  #changedInWhole: readonly (readonly string[])[] | undefined
  #lastSerial = 0
  lastNonce = ''
  lastNack: Nack | undefined
  /** The last answer was a refusal. */
  #refusedLast = false
  /** Names of the resources in the last response that are new or changed for this client. */
  lastChanged: readonly (readonly string[])[] = []
  versionSent = ''
  versionAcked = ''

  constructor(rule: TypeRule, variant: XdsVariant, shared: WatchShared, wake: () => void) {
    this.rule = rule
    this.#variant = variant
    this.#shared = shared
    this.#source = new PageSource(rule.typeUrl, variant, shared)
    this.#wake = wake
    this.subscription = shared.interner.acquire(wantsNothing)
  }

  get tables(): readonly Table[] {
    return this.#cursors.map(cursor => cursor.table)
  }

  get isUnacked(): boolean {
    return this.#pending !== undefined
  }

  get unackedNonce(): string | undefined {
    return this.#pending?.nonce
  }

  /** The client is so far behind that what it holds is no longer known. */
  get isLost(): boolean {
    return this.#cursors.some(cursor => cursor.isLost)
  }

  /** Something is to be sent now or after the ACK, apart from removals that are held back. */
  get hasNews(): boolean {
    if (this.#pages.length > 0) return true
    if (this.#cursors.length === 0) return false
    return (
      this.#answerDue ||
      this.#known !== undefined ||
      this.#owed.size > 0 ||
      this.#cursors.some(cursor => cursor.isBehind)
    )
  }

  get hasHeldBack(): boolean {
    return this.#heldBack.size > 0
  }

  /** Something that the client has refused has not been accepted since, be it one page of several. */
  get isRefused(): boolean {
    return this.#refusedLast || this.#refused.size > 0 || this.#refusedRemovals.size > 0
  }

  /** The client has accepted all there is. */
  get isSettled(): boolean {
    return !this.isUnacked && !this.hasNews && !this.isRefused
  }

  /** `known`: what the client says to hold from an earlier stream; at the first request of the type only. */
  start(tables: readonly Table[], known: ReadonlyMap<string, Held>): void {
    if (known.size > 0) {
      this.#known = known
      this.#answerDue = false
    }
    this.#open(tables)
  }

  /** The client's facet has changed: what it holds from the old tables is compared with the new ones. */
  replaceTables(tables: readonly Table[]): void {
    const held = this.held()
    for (const cursor of this.#cursors) cursor.release()
    this.#known = held.size > 0 ? held : undefined
    this.#open(tables)
  }

  /** Takes `next` as what is wanted; `scopes` are the route configurations whose children are wanted. */
  subscribe(next: SubscriptionState, scopes: ReadonlySet<string>): void {
    const wants = {
      wildcard: next.wildcard,
      names: next.names,
      scopes: next.followsRoutes ? scopes : wantsNothing.scopes,
    }
    const before = this.subscription
    this.subscription = this.#shared.interner.acquire(wants)
    this.#shared.interner.release(before)
    // The interned set, so that equal streams keep one.
    this.state = { ...next, names: this.subscription.names }
    if (this.subscription === before) return
    for (const cursor of this.#cursors) cursor.resubscribe(this.subscription)
    for (const set of [this.#owed, this.#refused, this.#refusedRemovals, this.#heldBack]) {
      for (const name of set.keys())
        if (!isWanted(this.subscription, name) && !this.#mustAnswer.has(name)) set.delete(name)
    }
  }

  answer(names: Iterable<string>): void {
    for (const name of names) {
      this.#owed.add(name)
      this.#mustAnswer.add(name)
    }
  }

  /** Resources that must be sent again although they did not change. */
  owe(names: Iterable<string>): void {
    for (const name of names) if (isWanted(this.subscription, name)) this.#owed.add(name)
  }

  /** The children of route configurations must be sent (again). Cost: their number. */
  oweScopes(scopes: Iterable<string>): void {
    for (const scope of scopes) {
      for (const { table } of this.#cursors) for (const name of table.namesIn(scope)) this.#owed.add(name)
      if (this.#isChildless(scope)) this.answer([childless(scope)])
    }
  }

  /** Everything wanted is sent again. Cost: the tables' size. */
  resendAll(): void {
    for (const { table } of this.#cursors) {
      for (const resource of table.wanted(this.subscription)) this.#owed.add(resource.name)
    }
    this.#answerDue = true
  }

  /** Forgets what is known of `names`, so that they are sent even if the client seems to have them. */
  doubt(names: Iterable<string>): void {
    if (this.#known === undefined) return
    const known = new Map(this.#known)
    for (const name of names) if (known.has(name)) known.set(name, { version: '' })
    this.#known = known
  }

  /** The response under `nonce` was applied. False when the nonce is not the one waited for. */
  accept(nonce: string): boolean {
    const pending = this.#pending
    if (pending?.nonce !== nonce) return false
    this.#pending = undefined
    this.versionAcked = pending.versionInfo
    this.#refusedLast = false
    if (this.#refused.size > 0) for (const list of pending.names) for (const name of list) this.#refused.delete(name)
    if (this.#refusedRemovals.size > 0) for (const name of pending.removed) this.#refusedRemovals.delete(name)
    if (this.#refused.size === 0 && this.#pages.length === 0) this.#mostNames = undefined
    return true
  }

  /**
   * The response under `nack.nonce` was refused: it is kept as owed, but sent only together with the next change. In
   * delta it then comes in halves: after as many changes as the number of names has bits, only what is bad comes again.
   */
  refuse(nack: Nack): boolean {
    const pending = this.#pending
    if (pending?.nonce !== nack.nonce) return false
    this.#pending = undefined
    this.lastNack = nack
    this.#refusedLast = true
    const count = pending.names.reduce((sum, list) => sum + list.length, 0)
    this.#mostNames = Math.max(1, Math.min(this.#mostNames ?? count, Math.ceil(count / 2)))
    for (const list of pending.names) for (const name of list) this.#refused.add(name)
    for (const name of pending.removed) this.#refusedRemovals.add(name)
    return true
  }

  /** The response to send now; undefined when there is none, or the last is not acknowledged. Takes it as sent. */
  next(removals: Removals): XdsResponse | undefined {
    if (this.#pending !== undefined) return undefined
    const page = this.#pages.shift()
    if (page !== undefined) return this.#sending(page)
    if (!this.hasNews && !(removals === 'allowed' && this.hasHeldBack)) return undefined
    if (this.#cursors.length === 0) return undefined
    const [first, ...rest] = this.#variant === 'delta' ? this.#composeDelta(removals) : this.#composeSotw(removals)
    this.#pages = rest
    return first === undefined ? undefined : this.#sending(first)
  }

  /** What was sent to the client and not refused or still unanswered: name → resource. Cost: the tables' size. */
  held(): Map<string, Held> {
    const held = new Map<string, Held>(this.#known ?? [])
    for (const cursor of this.#cursors) {
      for (const [name, resource] of cursor.table.heldAt(cursor.position, this.subscription)) held.set(name, resource)
    }
    for (const [name, before] of this.#heldBack) if (before !== undefined && !held.has(name)) held.set(name, before)
    // What a refused response held: the client may have the old, the new or none; no version it could have matches ''.
    // The bytes stay: a whole state that must still hold the resource has nothing else to send.
    for (const name of this.#refused) {
      const resource = held.get(name)
      if (resource !== undefined) held.set(name, { ...resource, version: '' })
    }
    for (const name of this.#refusedRemovals) if (!held.has(name)) held.set(name, { version: '' })
    return held
  }

  /** What the client has acknowledged: name → version. Cost: the tables' size. */
  accepted(): Map<string, string> {
    const versions = new Map<string, string>()
    for (const [name, { version }] of this.held()) if (version !== '') versions.set(name, version)
    for (const response of [...this.#pages, ...(this.#pending === undefined ? [] : [this.#pending])]) {
      for (const list of response.names) for (const name of list) versions.delete(name)
    }
    for (const name of this.#owed) if (this.#mustAnswer.has(name)) versions.delete(name)
    return versions
  }

  close(): void {
    for (const cursor of this.#cursors) cursor.release()
    this.#cursors = []
    this.#shared.interner.release(this.subscription)
  }

  #open(tables: readonly Table[]): void {
    this.#isFresh = this.#known === undefined
    this.#cursors = tables.map(table =>
      table.cursor(this.subscription, () => {
        if (this.#pending === undefined) this.#wake()
      }),
    )
  }

  #sending(response: XdsResponse): XdsResponse {
    const sent = response.serial > this.#lastSerial ? response : this.#shared.builder.renew(this.rule.typeUrl, response)
    this.#lastSerial = sent.serial
    this.#pending = sent
    this.lastNonce = sent.nonce
    this.lastChanged = this.#changedInWhole ?? sent.names
    this.#changedInWhole = undefined
    this.versionSent = sent.versionInfo
    return sent
  }

  // ── delta ──

  #composeDelta(removals: Removals): XdsResponse[] {
    const isDue = this.#answerDue && (this.subscription.wildcard || this.state?.followsRoutes === true)
    const isFresh = this.#isFresh
    const isFirst = isFresh || this.#known !== undefined
    this.#takeRefused()
    const extras = new Map<string, EncodedResource>()
    const told = new Set<string>()
    const parts = this.#takeChanges(extras)
    const inParts = isFresh ? undefined : namesIn(parts, this.#owed.size)
    for (const name of this.#owed) {
      const resource = this.#find(name)
      if (resource === undefined) {
        if (!this.#heldBack.has(name)) told.add(name)
      } else if (inParts?.has(name) === false) extras.set(name, resource)
    }
    // "When a resource subscribed to by a client does not exist, the server will send … that resource's name in the
    // removed_resources field."
    if (isFirst) {
      for (const name of this.#source.absentNames(this.tables, this.subscription)) told.add(name)
      for (const scope of this.subscription.scopes) if (this.#isChildless(scope)) told.add(childless(scope))
    }
    this.#owed.clear()
    this.#mustAnswer.clear()
    if (removals === 'allowed') {
      if (this.rule.tellsRemovals) for (const name of this.#heldBack.keys()) told.add(name)
      this.#heldBack.clear()
    } else for (const name of this.#heldBack.keys()) told.delete(name)
    if (extras.size > 0 || told.size > 0) parts.push(this.#listed([...extras.values()], [...told]))
    if (this.#mostNames !== undefined) return parts.flat()
    if (parts.length > 0) return this.#shared.builder.join(this.rule.typeUrl, parts, 'paged')
    return isDue ? [...this.#listed([], [])] : []
  }

  /**
   * Moves the cursors to the present and returns the shared pages of what changed; removals join those held back.
   * What differs from what an earlier stream or table left behind goes into `extras`.
   */
  #takeChanges(extras: Map<string, EncodedResource>): (readonly Page[])[] {
    const parts: (readonly Page[])[] = []
    if (this.#known === undefined) {
      for (const cursor of this.#cursors) {
        if (!this.#isFresh && !cursor.isBehind) continue
        const pages = this.#source.changed(cursor, this.subscription)
        if (pages.some(page => page.body.length > 0)) parts.push(pages)
      }
    }
    this.#advance(extras)
    return parts
  }

  /** Moves the cursors to the present, holds back what is gone, and puts what differs from `known` into `extras`. */
  #advance(extras: Map<string, EncodedResource>): void {
    const known = this.#known
    this.#known = undefined
    this.#answerDue = false
    this.#isFresh = false
    if (known !== undefined) this.#compareKnown(known, extras)
    else {
      for (const cursor of this.#cursors) {
        if (cursor.position > 0 && cursor.isBehind) this.#holdBackRemoved(cursor)
        cursor.moveTo(cursor.table.version)
      }
    }
    for (const name of this.#heldBack.keys()) if (this.#find(name) !== undefined) this.#heldBack.delete(name)
  }

  #compareKnown(known: ReadonlyMap<string, Held>, extras: Map<string, EncodedResource>): void {
    for (const cursor of this.#cursors) {
      for (const resource of cursor.table.wanted(this.subscription)) {
        if (known.get(resource.name)?.version !== resource.version) extras.set(resource.name, resource)
      }
      cursor.moveTo(cursor.table.version)
    }
    for (const [name, held] of known) {
      if (isWanted(this.subscription, name) && this.#find(name) === undefined) this.#heldBack.set(name, held)
    }
  }

  #holdBackRemoved(cursor: Cursor): void {
    for (const [name, previous] of cursor.table.replacedSince(cursor.position)) {
      if (previous === undefined || !isWanted(this.subscription, name)) continue
      if (cursor.table.get(name) === undefined && !this.#heldBack.has(name)) this.#heldBack.set(name, previous)
    }
  }

  #listed(resources: readonly EncodedResource[], removed: readonly string[]): readonly Page[] {
    return this.#source.listed(this.tables, { resources, removed, mostNames: this.#mostNames })
  }

  /** A refused response is due again, now that something else is. */
  #takeRefused(): void {
    for (const name of this.#refused) this.#owed.add(name)
    for (const name of this.#refusedRemovals) if (!this.#heldBack.has(name)) this.#heldBack.set(name, undefined)
    this.#refused.clear()
    this.#refusedRemovals.clear()
  }

  // ── state of the world ──

  #composeSotw(removals: Removals): XdsResponse[] {
    return this.rule.wholeState ? this.#composeWhole(removals) : this.#composeChanged()
  }

  /** "the server must include the complete state of the world", and what is still held back belongs to it. */
  #composeWhole(removals: Removals): XdsResponse[] {
    const isFlush = removals === 'allowed' && this.hasHeldBack
    this.#takeRefused()
    const isDue = this.#answerDue || this.#owed.size > 0
    const isFresh = this.#isFresh
    // What differs from what the client holds of other tables will be in `extras`.
    const changed = isFresh || this.#known !== undefined ? [...this.#owed] : [...this.#changedNames(), ...this.#owed]
    const extras = new Map<string, EncodedResource>()
    this.#owed.clear()
    this.#mustAnswer.clear()
    const heldBackBefore = this.#heldBack.size
    this.#advance(extras)
    const hasRemovals = isFlush || this.#heldBack.size > heldBackBefore
    changed.push(...extras.keys())
    const hasChanges = isDue || isFresh || changed.length > 0
    // Only removals, and those must wait: the state that the client may have is the one it has.
    if (!hasChanges && !(hasRemovals && removals === 'allowed')) return []
    if (removals === 'allowed') this.#heldBack.clear()
    const parts = this.#cursors.map(({ table }) => this.#source.whole(table, this.subscription))
    const kept = [...this.#heldBack.values()].filter(held => held !== undefined && 'any' in held)
    if (kept.length > 0) parts.push(this.#listed(kept, []))
    const responses = this.#shared.builder.join(this.rule.typeUrl, parts, 'whole')
    this.#changedInWhole = isFresh ? responses.flatMap(response => response.names) : [changed]
    return responses
  }

  /** Wanted names that were added or changed since the cursors. */
  #changedNames(): string[] {
    const names: string[] = []
    for (const { table, position, isBehind } of this.#cursors) {
      if (!isBehind) continue
      for (const name of table.changedSince(position)) {
        if (isWanted(this.subscription, name) && table.get(name) !== undefined) names.push(name)
      }
    }
    return names
  }

  /** Types without a whole state: "grouped into responses in the same way as in the incremental protocol variants". */
  #composeChanged(): XdsResponse[] {
    const isDue = this.#answerDue && this.subscription.wildcard
    const isFresh = this.#isFresh
    this.#takeRefused()
    const extras = new Map<string, EncodedResource>()
    const parts = this.#takeChanges(extras)
    const inParts = isFresh ? undefined : namesIn(parts, this.#owed.size)
    for (const name of this.#owed) {
      const resource = this.#find(name)
      if (resource !== undefined && inParts?.has(name) === false) extras.set(name, resource)
    }
    this.#owed.clear()
    this.#mustAnswer.clear()
    // "the API provides no mechanism for the server to tell the client that resources have been deleted"
    this.#heldBack.clear()
    if (extras.size > 0) parts.push(this.#listed([...extras.values()], []))
    if (this.#mostNames !== undefined) return parts.flat()
    if (parts.length > 0) return this.#shared.builder.join(this.rule.typeUrl, parts, 'paged')
    return isDue ? [...this.#listed([], [])] : []
  }

  #isChildless(scope: string): boolean {
    return this.#cursors.every(({ table }) => table.namesIn(scope).size === 0)
  }

  #find(name: string): EncodedResource | undefined {
    if (!isWanted(this.subscription, name)) return undefined
    for (const { table } of this.#cursors) {
      const resource = table.get(name)
      if (resource !== undefined) return resource
    }
    return undefined
  }
}

/**
 * A name whose removal tells that a route configuration has no virtual hosts. Envoy 1.40 starts a listener only when it
 * has heard of some host of its route configuration, be it of a removed one; an empty response reaches nobody.
 */
function childless(scope: string): string {
  return `${scope}/`
}

function namesIn(parts: readonly (readonly Page[])[], needed: number): ReadonlySet<string> {
  if (needed === 0) return new Set()
  return new Set(parts.flatMap(pages => pages.flatMap(page => page.names.flat())))
}
