/**
 * The whole path from configuration to clients, under random histories: whatever is edited, connects, breaks off, is slow
 * or refuses, a quiet client holds what a daemon would give it that never saw anything but the last configuration, and at
 * no time does it hold something that leads to a cluster which it does not have.
 */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { EnvoyClient } from './envoy-client.ts'
import { createPipeline, freshPipeline, type Pipeline } from './pipeline.ts'
import { type EditPlan, editFrom, editPlan, firstEdit, nodes } from './vocabulary.ts'

type Step =
  | { readonly kind: 'edit'; readonly edit: EditPlan }
  | { readonly kind: 'process'; readonly client: number; readonly responses: number }
  | { readonly kind: 'connect' | 'disconnect' | 'refuse' | 'pause' | 'resume'; readonly client: number }
  | { readonly kind: 'wait'; readonly ms: number }

const client = fc.nat({ max: nodes.length - 1 })
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('edit' as const), edit: editPlan }) },
  {
    weight: 10,
    arbitrary: fc.record({ kind: fc.constant('process' as const), client, responses: fc.integer({ min: 1, max: 12 }) }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constantFrom('connect' as const, 'connect', 'disconnect', 'refuse', 'pause', 'resume'),
      client,
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.constantFrom(1000, 10_000) }) },
)

/** The default size of an array stops at ten or so steps, in which a client hardly gets its first responses. */
const history = fc.array(step, { minLength: 1, maxLength: 80, size: 'max' })
const options = fc.record({
  idleFacetMs: fc.constantFrom(0, 5000),
  // Small pages: responses come in several.
  maxResponseBytes: fc.constantFrom(3000, 1_000_000),
})

/** Enough for every run of the tests; PUSH_ORACLE_RUNS asks for more, after changes of the path. */
const runs = Number(process.env.PUSH_ORACLE_RUNS ?? 60)

test('a quiet client holds what a fresh build gives it, and never a way to a cluster that it does not hold', () => {
  fc.assert(
    fc.property(options, history, (given, steps) => {
      const world = new World(createPipeline(given))
      for (const one of steps) world.run(one)
      world.quieten()
      world.assertFresh()
    }),
    { numRuns: runs },
  )
})

class World {
  readonly #pipeline: Pipeline
  readonly #clients: readonly EnvoyClient[]

  constructor(pipeline: Pipeline) {
    this.#pipeline = pipeline
    pipeline.edit(editFrom(firstEdit))
    this.#clients = nodes.map(node => new EnvoyClient(node, pipeline.open))
  }

  run(step: Step): void {
    if (step.kind === 'edit') this.#pipeline.edit(editFrom(step.edit))
    else if (step.kind === 'wait') this.#pipeline.clock.advance(step.ms)
    else this.#runClient(this.#clients[step.client] ?? assert.fail(), step)
  }

  #runClient(one: EnvoyClient, step: Extract<Step, { readonly client: number }>): void {
    switch (step.kind) {
      case 'connect':
        if (!one.isConnected) one.connect()
        break
      case 'disconnect':
        one.disconnect()
        break
      case 'process':
        for (let i = 0; i < step.responses; i++) this.#accept(one)
        break
      case 'refuse':
        one.refuse()
        break
      case 'pause':
        one.pause()
        break
      case 'resume':
        one.resume()
    }
    this.#check(one)
  }

  /** Everyone is there, reads and acknowledges; who has refused something starts its stream anew and is told again. */
  quieten(): void {
    for (const one of this.#clients) {
      if (!one.isConnected) one.connect()
      one.resume()
    }
    this.#drain()
    this.#pipeline.clock.advance(60_000)
    this.#drain()
    const refused = new Set(
      [...this.#pipeline.ads.sessions()]
        .filter(({ types }) => types.some(({ isRefused }) => isRefused))
        .map(({ node }) => node.id),
    )
    for (const one of this.#clients.filter(({ id }) => refused.has(id))) {
      one.disconnect()
      one.connect()
    }
    this.#drain()
    this.#pipeline.clock.advance(60_000)
    this.#drain()
  }

  assertFresh(): void {
    const fresh = freshPipeline(this.#pipeline)
    for (const one of this.#clients) {
      const label = `${one.node.variant} ${one.id}`
      const other = new EnvoyClient(one.node, fresh.open)
      other.connect()
      while (other.hasUnread) other.accept()
      assert.deepEqual(other.missing(), [], `fresh ${label}`)
      assert.deepEqual(one.missing(), [], label)
      assert.deepEqual(one.state(), other.state(), label)
    }
  }

  #drain(): void {
    for (let round = 0; round < 500; round++) {
      const busy = this.#clients.filter(({ hasUnread }) => hasUnread)
      if (busy.length === 0) return
      for (const one of busy) this.#accept(one)
    }
    assert.fail('responses do not end')
  }

  #accept(one: EnvoyClient): void {
    one.accept()
    this.#check(one)
  }

  #check(one: EnvoyClient): void {
    assert.equal(one.ended, undefined)
    assert.deepEqual(one.dangling(), [], `${one.node.variant} ${one.id}`)
  }
}
