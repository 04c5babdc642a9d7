/** What a client must be told apart from what changes in its tables: answers, repetitions, removals that wait, what it refused. */

import type { Held } from './position.ts'
import type { XdsResponse } from './response.ts'

export class Debts {
  /** Names to be sent, or told absent, whatever the cursors say. */
  readonly owed = new Set<string>()
  /** Removals that wait until nothing refers to the resource, with what the client holds. */
  readonly heldBack = new Map<string, Held | undefined>()
  /** Names whose presence or absence the client must be told, also when it is subscribed no longer. */
  readonly #mustAnswer = new Set<string>()
  readonly #refused = new Set<string>()
  readonly #refusedRemovals = new Set<string>()
  #isLastRefused = false
  /** What was refused comes again in smaller responses, so that the good in it is accepted and the bad is found. */
  mostNames: number | undefined

  /** Something that the client has refused has not been accepted since, be it one page of several. */
  get isRefused(): boolean {
    return this.#isLastRefused || this.#refused.size > 0 || this.#refusedRemovals.size > 0
  }

  answer(name: string): void {
    this.owed.add(name)
    this.#mustAnswer.add(name)
  }

  isToBeAnswered(name: string): boolean {
    return this.#mustAnswer.has(name)
  }

  /** The subscription has become smaller: only answers are still due for what is not wanted. */
  drop(isWanted: (name: string) => boolean): void {
    for (const names of [this.owed, this.#refused, this.#refusedRemovals, this.heldBack]) {
      for (const name of names.keys()) if (!isWanted(name) && !this.#mustAnswer.has(name)) names.delete(name)
    }
  }

  /** `pagesLeft`: further responses of the same composition. */
  accepted(response: XdsResponse, pagesLeft: number): void {
    this.#isLastRefused = false
    if (this.#refused.size > 0) for (const list of response.names) for (const name of list) this.#refused.delete(name)
    if (this.#refusedRemovals.size > 0) for (const name of response.removed) this.#refusedRemovals.delete(name)
    if (this.#refused.size === 0 && pagesLeft === 0) this.mostNames = undefined
  }

  /** After as many refusals as the number of names has bits, only what is bad comes again. */
  refused(response: XdsResponse): void {
    this.#isLastRefused = true
    const count = response.names.reduce((sum, list) => sum + list.length, 0)
    this.mostNames = Math.max(1, Math.min(this.mostNames ?? count, Math.ceil(count / 2)))
    for (const list of response.names) for (const name of list) this.#refused.add(name)
    for (const name of response.removed) this.#refusedRemovals.add(name)
  }

  /** What was refused is due again, now that something else is. */
  takeRefused(): void {
    for (const name of this.#refused) this.owed.add(name)
    for (const name of this.#refusedRemovals) if (!this.heldBack.has(name)) this.heldBack.set(name, undefined)
    this.#refused.clear()
    this.#refusedRemovals.clear()
  }

  clearOwed(): void {
    this.owed.clear()
    this.#mustAnswer.clear()
  }

  /** Corrects what the cursors make believe that the client holds. */
  correct(held: Map<string, Held>): void {
    for (const [name, before] of this.heldBack) if (before !== undefined && !held.has(name)) held.set(name, before)
    // What a refused response held: the client may have the old, the new or none; no version it could have matches ''.
    // The bytes stay: a whole state that must still hold the resource has nothing else to send.
    for (const name of this.#refused) {
      const resource = held.get(name)
      if (resource !== undefined) held.set(name, { ...resource, version: '' })
    }
    for (const name of this.#refusedRemovals) if (!held.has(name)) held.set(name, { version: '' })
  }
}
