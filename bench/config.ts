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
import { shownObject } from '../src/api/objects/shown-object.ts'
import { servedAt } from '../src/api/resources/served-kinds.ts'
import { createCommitFeed } from '../src/api/watch/commit-feed.ts'
import { watchEvents } from '../src/api/watch/watch-events.ts'
import { defaultQuotas } from '../src/config/door/quotas.ts'
import { noEffect } from '../src/config/effect.ts'
import type { ConfigAccess } from '../src/config/store/config-access.ts'
import type { JsonObject, Write } from '../src/config/store/config-store.ts'
import { defaultHistoryPolicy } from '../src/config/store/sqlite/history-policy.ts'
import { databaseMigrations } from '../src/daemon/database-schema.ts'
import { createConfigIntake } from '../src/daemon/intake/config-intake.ts'
import { followReferences } from '../src/daemon/intake/reference-checks.ts'
import { createDiscovery } from '../src/discovery/discovery.ts'
import { createHostOwnership } from '../src/discovery/host-ownership.ts'
import { createGraph } from '../src/graph/graph.ts'
import { systemClock } from '../src/platform/clock.ts'
import { databaseFileName, openDatabase } from '../src/platform/database/database.ts'
import { silentLog } from '../src/platform/log.ts'
import { collectedHeapMb } from './support/collected-heap.ts'
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
      // The first ids are those of the first objects: each keeps its own name and hosts.
      const text = JSON.stringify(write(object, n).object)
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

interface FanOut {
  /** Until the hundredth watcher has the bytes (median). */
  readonly heardMs: number
  readonly events: number
  readonly encoded: number
}

/** 100 watches of the API, each with the events of every change of a VirtualService. */
async function fanOut({ access }: Opened): Promise<FanOut> {
  const feed = createCommitFeed(access)
  const served = servedAt('networking.istio.io/v1', 'virtualservices')
  if (served === undefined) throw new Error('VirtualService is not served')
  const end = new AbortController()
  const watches = Array.from({ length: 100 }, () =>
    watchEvents({
      feed,
      clock: systemClock,
      from: access.revision(),
      initial: [],
      concerns: () => true,
      isOfKind: ({ kind }) => kind === 'VirtualService',
      bookmarks: true,
      markInitial: false,
      timeoutMs: 3_600_000,
      signal: end.signal,
      view: 'whole',
      show: entry => shownObject(entry, { served, role: undefined, status: undefined }),
      bookmark: revision => ({ revision }),
    }),
  )
  const times: number[] = []
  let events = 0
  for (let round = 0; round < 50; round += 1) {
    const heard = Promise.all(watches.map(watch => watch.next()))
    const beginMs = performance.now()
    await access.apply({ writes: [write(round, round + 2e6)], changedBy: 'bench' })
    events += (await heard).filter(({ value }) => Buffer.isBuffer(value)).length
    times.push(performance.now() - beginMs)
  }
  end.abort()
  feed.stop()
  return { heardMs: quantile(times, 0.5), events, encoded: feed.lines.made }
}

interface Edits {
  readonly applied: number
  readonly latestMs: number
  readonly growthMb: number
}

/** 1,000 edits a second, whether or not the earlier ones are done. */
async function editFor(seconds: number, { access }: Opened): Promise<Edits> {
  const feed = createCommitFeed(access)
  let asked = 0
  let latestMs = 0
  const waiting = new Set<Promise<unknown>>()
  // What is bounded is filled first: the journal of commits, V8's own caches.
  for (let n = 0; n < 1000; n += 1) await access.apply({ writes: [write(n % 100, n + 5e6)], changedBy: 'bench' })
  const quietMb = collectedHeapMb()
  let peakMb = quietMb
  const begun = access.revision()
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
    peakMb = Math.max(peakMb, process.memoryUsage().heapUsed / 2 ** 20)
  }
  await Promise.all(waiting)
  const growthMb = collectedHeapMb() - quietMb
  feed.stop()
  process.stdout.write(
    `heap before the edits ${quietMb.toFixed(0)} MB, at most ${peakMb.toFixed(0)} MB with what was waiting and not collected yet\n`,
  )
  return { applied: access.revision() - begun, latestMs, growthMb }
}

const warmUp = 700
const first = await open()
for (let from = 0; from < objects; from += 500) {
  const writes = Array.from({ length: Math.min(500, objects - from) }, (_, n) => write(from + n, 0))
  await first.access.apply({ writes, changedBy: 'bench' })
}
await first.close()
const opened = await open()
await applySome(opened, 50)
const plain = await applySome(opened, 300)
const heard = await fanOut(opened)
const edits = await editFor(Number(values.seconds), opened)
await opened.close()
// As warm as what it is compared with: the first hundreds after opening cost two or three times as much.
const young = await open()
await applySome(young, warmUp)
const recent = await applySome(young, 300)
await young.close()
writeHistory(Number(values.versions))
const old = await open()
await applySome(old, warmUp)
const aged = await applySome(old, 300)
await old.close()
rmSync(folder, { recursive: true })

process.stdout.write(
  `${objects} objects in the graph ${opened.loadedMs.toFixed(0)} ms after the database was open; CPU of one apply ${recent.cpuMs.toFixed(2)} ms; with ${values.versions} versions of history more ${aged.cpuMs.toFixed(2)} ms, opened in ${old.loadedMs.toFixed(0)} ms; ` +
    `slowest of ${values.seconds} s of 1,000 edits a second ${edits.latestMs.toFixed(0)} ms\n`,
)
reportGoals([
  { name: `CPU to load and check ${objects} objects`, reached: opened.loadCpuMs, goal: 3000, unit: 'ms' },
  { name: 'one object applied, durable', reached: plain.durableMs, goal: 5, unit: 'ms' },
  { name: 'one object applied, in the graph', reached: plain.graphMs, goal: 20, unit: 'ms' },
  { name: 'one object applied, heard by 100 watchers', reached: heard.heardMs, goal: 20, unit: 'ms' },
  {
    name: `encodings of ${heard.events} events of 100 watchers`,
    reached: heard.encoded,
    goal: heard.events / 100,
    unit: '',
  },
  {
    name: `CPU of a write with ${values.versions} versions of history`,
    reached: aged.cpuMs / recent.cpuMs,
    goal: 1.2,
    unit: '×',
  },
  { name: 'edits lost', reached: Number(values.seconds) * 1000 - edits.applied, goal: 0, unit: '' },
  { name: 'growth of the heap over the edits', reached: Math.max(0, edits.growthMb), goal: 20, unit: 'MB' },
])
