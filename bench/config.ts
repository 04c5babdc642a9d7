/**
 * The configuration store and its door: loading and checking 10,000 objects, applying one to them, 100 watchers, a history
 * of a million versions, and 1,000 edits a second. `node bench/config.ts [--objects 10000] [--versions 1000000]
 * [--seconds 60]`; exit code 1 when a goal is missed.
 */

import { createHash, randomUUID } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import Sqlite from 'better-sqlite3'
import { defaultQuotas } from '../src/config/door/quotas.ts'
import { noEffect } from '../src/config/effect.ts'
import type { ConfigAccess } from '../src/config/store/config-access.ts'
import type { JsonObject, Write } from '../src/config/store/config-store.ts'
import { defaultHistoryPolicy } from '../src/config/store/sqlite/history-policy.ts'
import { createConfigIntake } from '../src/daemon/config-intake.ts'
import { databaseMigrations } from '../src/daemon/database-schema.ts'
import { followReferences } from '../src/daemon/reference-checks.ts'
import { createDiscovery } from '../src/discovery/discovery.ts'
import { createHostOwnership } from '../src/discovery/host-ownership.ts'
import { createGraph } from '../src/graph/graph.ts'
import { systemClock } from '../src/platform/clock.ts'
import { databaseFileName, openDatabase } from '../src/platform/database/database.ts'
import { silentLog } from '../src/platform/log.ts'
import { reportGoals } from './support/goals.ts'
import { quantile } from './support/table.ts'

const { values } = parseArgs({
  options: {
    objects: { type: 'string', default: '10000' },
    versions: { type: 'string', default: '1000000' },
    seconds: { type: 'string', default: '60' },
  },
})
const objects = Number(values.objects)
const folder = mkdtempSync(path.join(tmpdir(), 'bench-config-'))
const data = path.join(folder, 'data')
mkdirSync(data, { mode: 0o700 })

interface Opened {
  readonly access: ConfigAccess
  readonly loadedMs: number
  readonly loadCpuMs: number
  /** When the graph had its last commit. */
  graphAtMs(): number
  close(): Promise<void>
}

async function open(): Promise<Opened> {
  const database = openDatabase({ directory: data, migrations: databaseMigrations, log: silentLog })
  const graph = createGraph()
  const discovery = createDiscovery(graph)
  const references = followReferences(discovery, silentLog)
  let graphAtMs = 0
  const beginMs = performance.now()
  const cpu = process.cpuUsage()
  const intake = createConfigIntake({
    directories: [],
    meshConfigFile: undefined,
    meshNetworksFile: undefined,
    database,
    quotas: { ...defaultQuotas, objects: 0, routes: 0 },
    history: { ...defaultHistoryPolicy, commits: 1e9 },
    ownership: createHostOwnership({ discovery }),
    preview: () => noEffect,
    references: changes => references.suppose(changes),
    newUid: randomUUID,
    clock: systemClock,
    log: silentLog,
  })
  await intake.start(edit => {
    graph.commit(() => edit(discovery))
    graphAtMs = performance.now()
    references.settle()
  })
  const used = process.cpuUsage(cpu)
  return {
    access: intake.access,
    loadedMs: performance.now() - beginMs,
    loadCpuMs: (used.user + used.system) / 1000,
    graphAtMs: () => graphAtMs,
    async close() {
      await intake.stop()
      await database.close()
    },
  }
}

function write(n: number, round: number): Write {
  const name = `route-${n}`
  const namespace = `ns-${n % 20}`
  const id = { kind: 'VirtualService', namespace, name } as const
  const route = (subset: string, weight: number) => ({ destination: { host: `app-${n}`, subset }, weight })
  const object: JsonObject = {
    apiVersion: 'networking.istio.io/v1',
    kind: id.kind,
    metadata: { name, namespace, labels: { app: `app-${n}` } },
    spec: {
      hosts: [`app-${n}`],
      http: [
        {
          match: [{ uri: { prefix: '/a' }, headers: { 'x-round': { exact: `${round}` } } }],
          route: [route('v1', 90), route('v2', 10)],
          timeout: '5s',
          retries: { attempts: 3, perTryTimeout: '2s' },
        },
        { route: [{ destination: { host: `app-${n}`, port: { number: 80 } } }] },
      ],
    },
  }
  return { ...id, object }
}

/** The history of a mesh that has been edited a million times, without applying each edit. */
function writeHistory(versions: number): void {
  const handle = new Sqlite(path.join(data, databaseFileName))
  const text = JSON.stringify(write(0, 0).object)
  const base = Number(handle.prepare('SELECT revision FROM config_state').pluck().get())
  const commit = handle.prepare('INSERT INTO config_commits (revision, at_ms) SELECT ?, max(at_ms) FROM config_commits')
  const version = handle.prepare(
    `INSERT INTO config_versions (object_id, revision, generation, uid, created_at_ms, changed_at_ms, changed_by, object, bytes, routes)
     VALUES (?, ?, 1, 'u', 0, 0, 'bench', ?, ?, 2)`,
  )
  handle.transaction(() => {
    for (let n = 1; n <= versions; n += 1) {
      commit.run(base + n)
      // Scattered, as edits are.
      const object = createHash('md5').update(`${n}`).digest().readUInt32LE(0) % objects
      version.run(object + 1, base + n, text, text.length)
    }
  })()
  handle.close()
}

interface Writes {
  readonly durableMs: number
  readonly graphMs: number
  readonly cpuMs: number
}

/** One object after the other. */
async function applySome({ access, graphAtMs }: Opened, rounds: number): Promise<Writes> {
  const durable: number[] = []
  const graph: number[] = []
  const cpu = process.cpuUsage()
  for (let round = 0; round < rounds; round += 1) {
    const beginMs = performance.now()
    await access.apply({ writes: [write((round * 37) % objects, round + 1e6)], changedBy: 'bench' })
    durable.push(performance.now() - beginMs)
    graph.push(graphAtMs() - beginMs)
  }
  const used = process.cpuUsage(cpu)
  return {
    durableMs: quantile(durable, 0.5),
    graphMs: quantile(graph, 0.5),
    cpuMs: (used.user + used.system) / 1000 / rounds,
  }
}

async function fanOut({ access }: Opened): Promise<number> {
  let calls = 0
  const ends = Array.from({ length: 100 }, () => access.onChange(() => (calls += 1)))
  const times: number[] = []
  for (let round = 0; round < 50; round += 1) {
    const beginMs = performance.now()
    await access.apply({ writes: [write(round, round + 2e6)], changedBy: 'bench' })
    times.push(performance.now() - beginMs)
  }
  for (const end of ends) end()
  if (calls !== 5000) throw new Error(`${calls} calls instead of 5000`)
  return quantile(times, 0.5)
}

interface Edits {
  readonly applied: number
  readonly latestMs: number
  readonly growthMb: number
}

/** 1,000 edits a second, whether or not the earlier ones are done. */
async function editFor(seconds: number, { access }: Opened): Promise<Edits> {
  const before = access.revision()
  let asked = 0
  let latestMs = 0
  let baselineMb = 0
  const waiting = new Set<Promise<unknown>>()
  const beginMs = performance.now()
  while (asked < seconds * 1000) {
    const due = Math.min(seconds * 1000, Math.floor(performance.now() - beginMs))
    for (; asked < due; asked += 1) {
      const atMs = performance.now()
      const one = access
        .apply({ writes: [write(asked % 100, asked + 3e6)], changedBy: 'bench' })
        .then(() => (latestMs = Math.max(latestMs, performance.now() - atMs)))
        .finally(() => waiting.delete(one))
      waiting.add(one)
    }
    await pause(1)
    if (baselineMb === 0 && asked > seconds * 250) baselineMb = heapMb()
  }
  await Promise.all(waiting)
  return { applied: access.revision() - before, latestMs, growthMb: heapMb() - baselineMb }
}

function heapMb(): number {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed / 2 ** 20
}

const first = await open()
for (let from = 0; from < objects; from += 500) {
  const writes = Array.from({ length: Math.min(500, objects - from) }, (_, n) => write(from + n, 0))
  await first.access.apply({ writes, changedBy: 'bench' })
}
await first.close()
const opened = await open()
await applySome(opened, 50)
const plain = await applySome(opened, 300)
const fanOutMs = await fanOut(opened)
const edits = await editFor(Number(values.seconds), opened)
await opened.close()
writeHistory(Number(values.versions))
const old = await open()
await applySome(old, 50)
const aged = await applySome(old, 300)
await old.close()
rmSync(folder, { recursive: true })

process.stdout.write(
  `${objects} objects in the graph ${opened.loadedMs.toFixed(0)} ms after the database was open; CPU of one apply ${plain.cpuMs.toFixed(2)} ms; with ${values.versions} versions of history ${aged.cpuMs.toFixed(2)} ms, opened in ${old.loadedMs.toFixed(0)} ms; ` +
    `slowest of ${values.seconds} s of 1,000 edits a second ${edits.latestMs.toFixed(0)} ms\n`,
)
reportGoals([
  { name: `CPU to load and check ${objects} objects`, reached: opened.loadCpuMs, goal: 3000, unit: 'ms' },
  { name: 'one object applied, durable', reached: plain.durableMs, goal: 5, unit: 'ms' },
  { name: 'one object applied, in the graph', reached: plain.graphMs, goal: 20, unit: 'ms' },
  { name: 'one object applied, heard by 100 watchers', reached: fanOutMs, goal: 20, unit: 'ms' },
  {
    name: `a write with ${values.versions} versions of history`,
    reached: aged.durableMs / plain.durableMs,
    goal: 1.2,
    unit: '×',
  },
  { name: 'edits lost', reached: Number(values.seconds) * 1000 - edits.applied, goal: 0, unit: '' },
  { name: 'growth of the heap over the edits', reached: Math.max(0, edits.growthMb), goal: 20, unit: 'MB' },
])
