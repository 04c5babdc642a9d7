/** What a client must be told apart from what changes in its tables: answers, repetitions, removals that wait, what it refused. */

import type { Held } from './position.ts'
import type { XdsResponse } from './response.ts'

/** Most clients owe nothing most of the time: a set that is empty takes no memory. */
export class Debts {
  #owed: Set<string> | undefined
  #heldBack: Map<string, Held | undefined> | undefined
  /** Names whose presence or absence the client must be told, also when it is subscribed no longer. */
  #mustAnswer: Set<string> | undefined
  #refused: Set<string> | undefined
  #refusedRemovals: Set<string> | undefined
  #isLastRefused = false
  /** What was refused comes again in smaller responses, so that the good in it is accepted and the bad is found. */
  mostNames: number | undefined

  /** Something that the client has refused has not been accepted since, be it one page of several. */
  get isRefused(): boolean {
    return this.#isLastRefused || this.#refused !== undefined || this.#refusedRemovals !== undefined
  }

  /** Names to be sent, or told absent, whatever the cursors say. */
  get owed(): ReadonlySet<string> {
    return this.#owed ?? noNames
  }

  /** Removals that wait until nothing refers to the resource, with what the client holds. */
  get heldBack(): ReadonlyMap<string, Held | undefined> {
    return this.#heldBack ?? nothingHeld
  }

  /** In a response that was refused and has not been accepted since, added, changed or removed. */
  hasRefused(name: string): boolean {
    return this.#refused?.has(name) === true || this.#refusedRemovals?.has(name) === true
  }

  /** Names in responses that were refused and have not been accepted since. */
  refusedNames(): readonly string[] {
    return [...(this.#refused ?? []), ...(this.#refusedRemovals ?? [])]
  }

  owe(name: string): void {
    this.#owed ??= new Set()
    this.#owed.add(name)
  }

  answer(name: string): void {
    this.owe(name)
    this.#mustAnswer ??= new Set()
    this.#mustAnswer.add(name)
  }

  isToBeAnswered(name: string): boolean {
    return this.#mustAnswer?.has(name) === true
  }

  /** What is held back already keeps what it was first held back with. */
  holdBack(name: string, held: Held | undefined): void {
    this.#heldBack ??= new Map()
    if (!this.#heldBack.has(name)) this.#heldBack.set(name, held)
  }

  /**
   * What is owed the client may not hold: it has refused it, or dropped and asked for it again. Should it exist again, as
   * in tables that replace these, then it is sent even if it is the same as before; no version matches ''.
   */
  doubtHeldBack(): void {
    for (const name of this.owed) {
      const held = this.#heldBack?.get(name)
      if (held !== undefined) this.#heldBack?.set(name, { ...held, version: '' })
    }
  }

  letGo(name: string): void {
    this.#heldBack?.delete(name)
    if (this.#heldBack?.size === 0) this.#heldBack = undefined
  }

  letAllGo(): void {
    this.#heldBack = undefined
  }

  /** The subscription has become smaller: only answers are still due for what is not wanted. */
  drop(isWanted: (name: string) => boolean): void {
    for (const names of [this.#owed, this.#refused, this.#refusedRemovals, this.#heldBack]) {
      for (const name of names?.keys() ?? []) if (!isWanted(name) && !this.isToBeAnswered(name)) names?.delete(name)
    }
    this.#forgetEmpty()
  }

  /** `pagesLeft`: further responses of the same composition. */
  accepted(response: XdsResponse, pagesLeft: number): void {
    this.#isLastRefused = false
    for (const list of this.#refused === undefined ? [] : response.names) {
      for (const name of list) this.#refused?.delete(name)
    }
    if (this.#refusedRemovals !== undefined) for (const name of response.removed) this.#refusedRemovals.delete(name)
    this.#forgetEmpty()
    if (this.#refused === undefined && pagesLeft === 0) this.mostNames = undefined
  }

  /** After as many refusals as the number of names has bits, only what is bad comes again. */
  refused(response: XdsResponse): void {
    this.#isLastRefused = true
    const count = response.names.reduce((sum, list) => sum + list.length, 0)
    this.mostNames = Math.max(1, Math.min(this.mostNames ?? count, Math.ceil(count / 2)))
    this.#refused ??= new Set()
    for (const list of response.names) for (const name of list) this.#refused.add(name)
    this.#refusedRemovals ??= new Set()
    for (const name of response.removed) this.#refusedRemovals.add(name)
    this.#forgetEmpty()
  }

  /** What was refused is due again, now that something else is. */
  takeRefused(): void {
    for (const name of this.#refused ?? []) this.owe(name)
    for (const name of this.#refusedRemovals ?? []) this.holdBack(name, undefined)
    this.#refused = undefined
    this.#refusedRemovals = undefined
  }

  clearOwed(): void {
    this.#owed = undefined
    this.#mustAnswer = undefined
  }

  /** Corrects what the cursors make believe that the client holds. */
  correct(held: Map<string, Held>): void {
    for (const [name, before] of this.heldBack) if (before !== undefined && !held.has(name)) held.set(name, before)
    // What a refused response held: the client may have the old, the new or none; no version it could have matches ''.
    // The bytes stay: a whole state that must still hold the resource has nothing else to send.
    for (const name of this.#refused ?? []) {
      const resource = held.get(name)
      if (resource !== undefined) held.set(name, { ...resource, version: '' })
    }
    for (const name of this.#refusedRemovals ?? []) if (!held.has(name)) held.set(name, { version: '' })
  }

  #forgetEmpty(): void {
    if (this.#owed?.size === 0) this.#owed = undefined
    if (this.#heldBack?.size === 0) this.#heldBack = undefined
    if (this.#refused?.size === 0) this.#refused = undefined
    if (this.#refusedRemovals?.size === 0) this.#refusedRemovals = undefined
  }
}

const noNames: ReadonlySet<string> = new Set()
const nothingHeld: ReadonlyMap<string, Held | undefined> = new Map()
