/**
 * What a change costs and whom it reaches. A case is a folder below goldens/: `steps.yaml` says what is edited, `out.yaml`
 * what every client received after each step and what it cost. All cases start from `mesh.yaml`, which has the clients.
 * UPDATE_GOLDENS=1 rewrites outputs and deletes orphans; otherwise a difference or an orphan is a failure.
 */

import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { parse, stringify } from 'yaml'
import type { AnyObject } from '../../src/config/kinds/catalogue.ts'
import type { AdsStats } from '../../src/xds/ads-server.ts'
import { EnvoyClient, type EnvoyNode, type Received, shortType } from './envoy-client.ts'
import { createPipeline, type Edit, meshFrom, objectsFrom, type Pipeline } from './pipeline.ts'

const goldens = fileURLToPath(new URL('goldens', import.meta.url))
const isUpdating = process.env.UPDATE_GOLDENS === '1'

interface MeshFile {
  readonly clients: readonly EnvoyNode[]
  readonly objects: readonly unknown[]
}

interface CaseFile {
  /** Beside those of `mesh.yaml`. */
  readonly objects?: readonly unknown[]
  readonly steps: readonly StepFile[]
}

interface StepFile {
  readonly step: string
  readonly put?: readonly unknown[]
  readonly remove?: readonly unknown[]
  readonly mesh?: unknown
}

const base = readYaml(path.join(goldens, 'mesh.yaml')) as MeshFile

describe('pushes', () => {
  for (const entry of readdirSync(goldens, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.isDirectory()) test(entry.name.replaceAll('-', ' '), () => checkCase(path.join(goldens, entry.name)))
    else test(`${entry.name} belongs here`, () => assert.equal(entry.name, 'mesh.yaml'))
  }
})

function checkCase(directory: string): void {
  const orphans = readdirSync(directory).filter(file => file !== 'steps.yaml' && file !== 'out.yaml')
  const input = path.join(directory, 'steps.yaml')
  if (isUpdating && !existsSync(input)) {
    rmSync(directory, { recursive: true })
    return
  }
  const text = outputOf(input)
  const golden = path.join(directory, 'out.yaml')
  if (isUpdating) {
    for (const orphan of orphans) rmSync(path.join(directory, orphan), { recursive: true })
    writeFileSync(golden, text)
    return
  }
  const hint = 'run UPDATE_GOLDENS=1 node --test on this file and read the difference'
  assert.deepEqual(orphans, [], `files in ${directory} that nothing writes: ${hint}`)
  assert.ok(existsSync(golden), `no ${golden}: ${hint}`)
  assert.equal(text, readFileSync(golden, 'utf8'), `${golden} differs: ${hint}`)
}

function outputOf(file: string): string {
  const given = readYaml(file) as CaseFile
  const pipeline = createPipeline()
  pipeline.edit({ put: objectsOf([...base.objects, ...(given.objects ?? [])], file) })
  const clients = base.clients.map(node => new EnvoyClient(node, pipeline.open))
  for (const client of clients) client.connect()
  settle(clients)
  for (const client of clients) {
    assert.deepEqual([client.missing(), client.dangling(), client.ended], [[], [], undefined])
  }
  const output = given.steps.map(step => ({
    step: step.step,
    ...run(pipeline, clients, {
      put: objectsOf(step.put ?? [], file),
      remove: objectsOf(step.remove ?? [], file),
      ...(step.mesh === undefined ? {} : { mesh: meshFrom(stringify(step.mesh)) }),
    }),
  }))
  return stringify(output, { lineWidth: 0, aliasDuplicateObjects: false })
}

function run(pipeline: Pipeline, clients: readonly EnvoyClient[], edit: Edit): Record<string, unknown> {
  const before: AdsStats = { ...pipeline.ads.stats }
  for (const { received } of clients) received.splice(0)
  const report = pipeline.edit(edit)
  settle(clients)
  const { stats } = pipeline.ads
  const counted = {
    resolved: report.resolved,
    encoded: report.encoded,
    tablesChanged: report.tablesChanged,
    resourcesChanged: report.resourcesChanged,
    streamsWoken: stats.streamsWoken - before.streamsWoken,
    framesBuilt: stats.framesBuilt - before.framesBuilt,
    messagesSent: stats.messagesSent - before.messagesSent,
  }
  const reached = clients.filter(({ received }) => received.length > 0)
  return {
    received: Object.fromEntries(reached.map(({ node, received }) => [node.name, received.map(summary)])),
    recomputed: Object.fromEntries([...report.recomputed].sort()),
    cost: counted,
  }
}

/** Everyone reads and acknowledges until nothing more comes. */
function settle(clients: readonly EnvoyClient[]): void {
  while (clients.some(({ hasUnread }) => hasUnread)) {
    for (const client of clients) {
      client.accept()
      assert.deepEqual(client.dangling(), [], client.node.name)
    }
  }
}

/** What a client already had is only counted. */
function summary({ typeUrl, added, changed, removed, repeated, ignored }: Received): Record<string, unknown> {
  const listed = { added, changed, removed, ignored }
  return {
    type: shortType(typeUrl),
    ...Object.fromEntries(Object.entries(listed).filter(([, names]) => names.length > 0)),
    ...(repeated.length === 0 ? {} : { repeated: repeated.length }),
  }
}

function objectsOf(given: readonly unknown[], file: string): readonly AnyObject[] {
  return objectsFrom(given.map(object => stringify(object)).join('---\n'), file)
}

function readYaml(file: string): unknown {
  return parse(readFileSync(file, 'utf8'), { merge: true })
}
