/**
 * One type on one stream: what is wanted, how far the client is, and what it must still be told. At most one response is
 * not acknowledged; until then changes only leave the cursors behind, so a slow client merges them and queues nothing.
 */

import type { EncodedResource } from '../platform/encoded-resource.ts'
import { Debts } from './debts.ts'
import { PageSource, type PagesShared } from './page-source.ts'
import { type Held, Position } from './position.ts'
import type { Page, XdsResponse } from './response.ts'
import { isWanted, type Subscription, type SubscriptionInterner, wantsNothing } from './subscription.ts'
import type { SubscriptionState } from './subscription-rules.ts'
import type { Table } from './table.ts'
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

export type Standing =
  /** Acknowledged; version undefined: it has none. */
  | { readonly kind: 'holds'; readonly version: string | undefined }
  /** On its way, or not asked yet. */
  | { readonly kind: 'unknown' }
  | { readonly kind: 'refused' }

type Removals = 'allowed' | 'held back'

export class Watch {
  readonly rule: TypeRule
  readonly #variant: XdsVariant
  readonly #shared: WatchShared
  readonly #source: PageSource
  readonly #position: Position
  readonly #debts = new Debts()
  state: SubscriptionState | undefined
  subscription: Subscription
  /** The other pages of a response that was too big for one. */
  #pages: XdsResponse[] = []
  #pending: XdsResponse | undefined
  /** The client waits for a first response, be it empty. */
  #answerDue = true
  #changedInWhole: readonly (readonly string[])[] | undefined
  #lastSerial = 0
  lastNonce = ''
  lastNack: Nack | undefined
  /** Names of the resources in the last response that are new or changed for this client. */
  lastChanged: readonly (readonly string[])[] = []
  versionSent = ''
  versionAcked = ''
  /** When the response that waits for its ACK was sent. */
  sentAtMs = 0

  constructor(rule: TypeRule, variant: XdsVariant, shared: WatchShared, wake: () => void) {
    this.rule = rule
    this.#variant = variant
    this.#shared = shared
    this.#source = new PageSource(rule.typeUrl, variant, shared)
    this.subscription = shared.interner.acquire(wantsNothing)
    this.#position = new Position(this.subscription, () => {
      if (this.#pending === undefined) wake()
    })
  }

  get isServed(): boolean {
    return this.#position.hasTables
  }

  get isUnacked(): boolean {
    return this.#pending !== undefined
  }

  get unackedNonce(): string | undefined {
    return this.#pending?.nonce
  }

  get isLost(): boolean {
    return this.#position.isLost
  }

  /** Something is to be sent now or after the ACK, apart from removals that are held back. */
  get hasNews(): boolean {
    if (this.#pages.length > 0) return true
    return this.isServed && (this.#answerDue || this.#debts.owed.size > 0 || this.#position.isBehind)
  }

  get hasHeldBack(): boolean {
    return this.#debts.heldBack.size > 0
  }

  get isRefused(): boolean {
    return this.#debts.isRefused
  }

  get refusedNames(): readonly string[] {
    return this.#debts.refusedNames()
  }

  /** The client has accepted all there is. */
  get isSettled(): boolean {
    return !this.isUnacked && !this.hasNews && !this.isRefused
  }

  /** `known`: what the client says to hold from an earlier stream; at the first request of the type only. */
  start(tables: readonly Table[], known: ReadonlyMap<string, Held>): void {
    if (known.size > 0) this.#answerDue = false
    this.#position.start(tables, known)
  }

  /** The client's facet has changed: what it holds from the old tables is compared with the new ones. */
  replaceTables(tables: readonly Table[]): void {
    this.#position.start(tables, this.#held())
  }

  /** Takes `next` as what is wanted; `scopes` are the route configurations whose children are wanted. */
  subscribe(next: SubscriptionState, scopes: ReadonlySet<string>): void {
    const before = this.subscription
    this.subscription = this.#shared.interner.acquire({
      wildcard: next.wildcard,
      names: next.names,
      scopes: next.followsRoutes ? scopes : wantsNothing.scopes,
    })
    this.#shared.interner.release(before)
    // The interned set, so that equal streams keep one.
    this.state = { ...next, names: this.subscription.names }
    if (this.subscription === before) return
    this.#position.resubscribe(this.subscription)
    this.#debts.drop(name => isWanted(this.subscription, name))
  }

  /** Names whose presence or absence the client must be told. */
  answer(names: Iterable<string>): void {
    for (const name of names) this.#debts.answer(name)
  }

  /** Resources that must be sent again although they did not change. */
  owe(names: Iterable<string>): void {
    for (const name of names) if (isWanted(this.subscription, name)) this.#debts.owe(name)
  }

  /** The children of route configurations must be sent (again). Cost: their number. */
  oweScopes(scopes: Iterable<string>): void {
    for (const scope of scopes) {
      for (const table of this.#position.tables) this.owe(table.namesIn(scope))
      if (this.#position.isChildless(scope)) this.#debts.answer(childless(scope))
    }
  }

  /** Everything wanted is sent again. Cost: the tables' size. */
  resendAll(): void {
    for (const table of this.#position.tables) {
      for (const resource of table.wanted(this.subscription)) this.#debts.owe(resource.name)
    }
    this.#answerDue = true
  }

  /** Forgets what is known of `names`, so that they are sent even if the client seems to have them. */
  doubt(names: Iterable<string>): void {
    this.#position.doubt(names)
  }

  /** The response that waits for its ACK was applied. */
  accept(): void {
    const pending = this.#pending
    if (pending === undefined) return
    this.#pending = undefined
    this.versionAcked = pending.versionInfo
    this.#debts.accepted(pending, this.#pages.length)
  }

  /** The response that waits for its ACK was refused: it is kept as owed, but sent only together with the next change. */
  refuse(nack: Nack): void {
    const pending = this.#pending
    if (pending === undefined) return
    this.#pending = undefined
    this.lastNack = nack
    this.#debts.refused(pending)
  }

  /** The response to send now; undefined when there is none, or the last is not acknowledged. Takes it as sent. */
  next(removals: Removals): XdsResponse | undefined {
    if (this.#pending !== undefined) return undefined
    const page = this.#pages.shift()
    if (page !== undefined) return this.#sending(page)
    if (!this.isServed || !(this.hasNews || (removals === 'allowed' && this.hasHeldBack))) return undefined
    const [first, ...rest] = this.#compose(removals)
    this.#pages = rest
    return first === undefined ? undefined : this.#sending(first)
  }

  /** What the client has acknowledged: name → version. Cost: the tables' size. */
  accepted(): Map<string, string> {
    const versions = new Map<string, string>()
    for (const [name, { version }] of this.#held()) if (version !== '') versions.set(name, version)
    for (const response of [...this.#pages, ...(this.#pending === undefined ? [] : [this.#pending])]) {
      for (const list of response.names) for (const name of list) versions.delete(name)
    }
    // Owed is what it may never have been sent: the hosts of a route configuration just asked for, or an answer.
    for (const name of this.#debts.owed) versions.delete(name)
    return versions
  }

  /** Versions of `names` as last sent, whatever came of it. */
  sent(names: readonly string[]): ReadonlyMap<string, string> {
    return this.#position.heldOf(names)
  }

  /** How far the client is with each of `names`, by its own word. Cost: the names, and what is on its way to it. */
  standings(names: readonly string[]): ReadonlyMap<string, Standing> {
    const onTheWay = new Set<string>()
    for (const response of [...this.#pages, ...(this.#pending === undefined ? [] : [this.#pending])]) {
      for (const list of response.names) for (const name of list) onTheWay.add(name)
      for (const name of response.removed) onTheWay.add(name)
    }
    const versions = this.#position.heldOf(names)
    return new Map(
      names.map((name): readonly [string, Standing] => {
        if (this.#debts.hasRefused(name)) return [name, { kind: 'refused' }]
        if (onTheWay.has(name) || this.#debts.owed.has(name)) return [name, { kind: 'unknown' }]
        const version = versions.get(name)
        if (version === undefined && this.#debts.heldBack.has(name)) {
          // It has not been told of the removal; which version it has is not known where it has refused to hear of it.
          const held = this.#debts.heldBack.get(name)?.version ?? ''
          return [name, held === '' ? { kind: 'unknown' } : { kind: 'holds', version: held }]
        }
        return [name, version === '' ? { kind: 'unknown' } : { kind: 'holds', version }]
      }),
    )
  }

  close(): void {
    this.#position.close()
    this.#shared.interner.release(this.subscription)
  }

  #held(): Map<string, Held> {
    const held = this.#position.held()
    this.#debts.correct(held)
    return held
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

  #compose(removals: Removals): XdsResponse[] {
    const isWhole = this.#variant === 'sotw' && this.rule.wholeState
    return isWhole ? this.#composeWhole(removals) : this.#composeChanges(removals)
  }

  /** "it may send a response containing only the changed resource": delta, and in the whole state all but two types. */
  #composeChanges(removals: Removals): XdsResponse[] {
    const isDue = this.#answerDue && (this.subscription.wildcard || this.state?.followsRoutes === true)
    const { isFresh, isContinued } = this.#position
    this.#debts.takeRefused()
    const parts = this.#position.changedCursors
      .map(cursor => this.#source.changed(cursor, this.subscription))
      .filter(pages => pages.some(page => page.body.length > 0))
    const extras = new Map(this.#advance())
    const told = this.#takeOwed(extras, isFresh ? 'all' : namesIn(parts, this.#debts.owed.size))
    if (isFresh || isContinued) for (const name of this.#absent()) told.add(name)
    this.#takeHeldBack(removals, told)
    // "the API provides no mechanism for the server to tell the client that resources have been deleted"
    if (this.#variant === 'sotw') told.clear()
    if (extras.size > 0 || told.size > 0) parts.push(this.#listed([...extras.values()], [...told]))
    if (this.#debts.mostNames !== undefined) return parts.flat()
    if (parts.length > 0) return this.#shared.builder.join(this.rule.typeUrl, parts, 'paged')
    return isDue ? [...this.#listed([], [])] : []
  }

  /** "the server must include the complete state of the world", and what is still held back belongs to it. */
  #composeWhole(removals: Removals): XdsResponse[] {
    const { isFresh } = this.#position
    this.#debts.takeRefused()
    const isDue = this.#answerDue || isFresh || (removals === 'allowed' && this.hasHeldBack)
    const changed = [...this.#debts.owed, ...(isFresh ? [] : this.#position.changedNames())]
    this.#debts.clearOwed()
    const before = this.#debts.heldBack.size
    changed.push(...this.#advance().keys())
    const hasRemovals = this.#debts.heldBack.size > before
    // Only removals, and those must wait: the state that the client may have is the one it has.
    if (!isDue && changed.length === 0 && !(hasRemovals && removals === 'allowed')) return []
    if (removals === 'allowed') this.#debts.letAllGo()
    const parts = this.#position.tables.map(table => this.#source.whole(table, this.subscription))
    const kept = [...this.#debts.heldBack.values()].filter(held => held !== undefined && 'any' in held)
    if (kept.length > 0) parts.push(this.#listed(kept, []))
    const responses = this.#shared.builder.join(this.rule.typeUrl, parts, 'whole')
    this.#changedInWhole = isFresh ? responses.flatMap(response => response.names) : [changed]
    return responses
  }

  /** Goes to the present; what is gone is held back. Returns what differs from what a continued client holds. */
  #advance(): ReadonlyMap<string, EncodedResource> {
    this.#answerDue = false
    const { differing, gone } = this.#position.advance()
    for (const [name, held] of gone) this.#debts.holdBack(name, held)
    this.#debts.doubtHeldBack()
    for (const name of this.#debts.heldBack.keys()) if (this.#position.find(name) !== undefined) this.#debts.letGo(name)
    return differing
  }

  /** Puts what is owed into `extras` unless it is sent anyway; returns the names that do not exist. */
  #takeOwed(extras: Map<string, EncodedResource>, sentAnyway: ReadonlySet<string> | 'all'): Set<string> {
    const absent = new Set<string>()
    for (const name of this.#debts.owed) {
      const resource = this.#position.find(name)
      if (resource === undefined) absent.add(name)
      else if (sentAnyway !== 'all' && !sentAnyway.has(name)) extras.set(name, resource)
    }
    this.#debts.clearOwed()
    return absent
  }

  /** Moves removals that may be told into `told`, and out of it what must wait. */
  #takeHeldBack(removals: Removals, told: Set<string>): void {
    const { heldBack } = this.#debts
    if (removals === 'held back') {
      for (const name of heldBack.keys()) told.delete(name)
      return
    }
    if (this.rule.tellsRemovals) for (const name of heldBack.keys()) told.add(name)
    this.#debts.letAllGo()
  }

  /**
   * "When a resource subscribed to by a client does not exist, the server will send … that resource's name in the
   * removed_resources field."
   */
  *#absent(): Iterable<string> {
    yield* this.#source.absentNames(this.#position.tables, this.subscription)
    for (const scope of this.subscription.scopes) if (this.#position.isChildless(scope)) yield childless(scope)
  }

  #listed(resources: readonly EncodedResource[], removed: readonly string[]): readonly Page[] {
    return this.#source.listed(this.#position.tables, { resources, removed, mostNames: this.#debts.mostNames })
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
