/** For tests: the intake on a real database, real files and a real graph. */

import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { stringify } from 'yaml'
import { defaultQuotas, type Quotas } from '../../config/door/quotas.ts'
import { noEffect } from '../../config/effect.ts'
import type { ConfigAccess } from '../../config/store/config-access.ts'
import type { JsonObject, ObjectId, Write } from '../../config/store/config-store.ts'
import { defaultHistoryPolicy, type HistoryPolicy } from '../../config/store/sqlite/history-policy.ts'
import { createDiscovery, type Discovery } from '../../discovery/discovery.ts'
import { createHostOwnership } from '../../discovery/host-ownership.ts'
import { createGraph } from '../../graph/graph.ts'
import { type Clock, systemClock } from '../../platform/clock.ts'
import { openDatabase } from '../../platform/database/database.ts'
import { silentLog } from '../../platform/log.ts'
import { databaseMigrations } from '../database-schema.ts'
import { type ConfigIntake, createConfigIntake } from '../intake/config-intake.ts'

export interface IntakeRig {
  readonly folder: string
  readonly config: string
  readonly intake: ConfigIntake
  readonly access: ConfigAccess
  readonly discovery: Discovery
  /** Commits of the graph. */
  commits(): number
  /** Moved into place, as tools do. */
  file(name: string, ...objects: readonly JsonObject[]): void
  removeFile(name: string): void
  apply(...writes: readonly Write[]): ReturnType<ConfigAccess['apply']>
  stop(): Promise<void>
  /** The same folders, as after a restart. */
  restart(): Promise<IntakeRig>
  remove(): Promise<void>
}

export interface IntakeRigOptions {
  readonly quotas?: Quotas
  readonly history?: HistoryPolicy
  readonly clock?: Clock
  readonly folder?: string
}

export async function startIntake(options: IntakeRigOptions = {}): Promise<IntakeRig> {
  const folder = options.folder ?? mkdtempSync(path.join(tmpdir(), 'intake-'))
  const [config, data] = [path.join(folder, 'config'), path.join(folder, 'data')]
  mkdirSync(config, { recursive: true })
  const database = openDatabase({ directory: data, migrations: databaseMigrations, log: silentLog })
  const graph = createGraph()
  const discovery = createDiscovery(graph)
  let uids = 0
  let commits = 0
  const intake = createConfigIntake({
    directories: [config],
    meshConfigFile: undefined,
    meshNetworksFile: undefined,
    database,
    quotas: options.quotas ?? defaultQuotas,
    history: options.history ?? defaultHistoryPolicy,
    ownership: createHostOwnership({ discovery }),
    preview: () => noEffect,
    references: () => ({ problems: [], takeBack() {} }),
    newUid: () => `uid-${++uids}`,
    clock: options.clock ?? systemClock,
    log: silentLog,
  })
  await intake.start(edit => {
    commits += 1
    graph.commit(() => edit(discovery))
  })
  const stop = async (): Promise<void> => {
    await intake.stop()
    await database.close()
  }
  return {
    folder,
    config,
    intake,
    access: intake.access,
    discovery,
    commits: () => commits,
    file(name, ...objects) {
      writeFileSync(path.join(folder, name), objects.map(object => stringify(object)).join('---\n'))
      renameSync(path.join(folder, name), path.join(config, name))
    },
    removeFile: name => rmSync(path.join(config, name)),
    apply: (...writes) => intake.access.apply({ writes, changedBy: 'ann' }),
    stop,
    async restart() {
      await stop()
      return startIntake({ ...options, folder })
    },
    async remove() {
      await stop()
      rmSync(folder, { recursive: true })
    },
  }
}

export function objectOf(id: ObjectId, spec: unknown, metadata: JsonObject = {}): JsonObject {
  const apiVersion = id.kind === 'Service' ? 'v1' : 'networking.istio.io/v1'
  const where = id.namespace === '' ? {} : { namespace: id.namespace }
  return { apiVersion, kind: id.kind, metadata: { name: id.name, ...where, ...metadata }, spec }
}

export const entryId = (name: string, namespace = 'shop'): ObjectId => ({ kind: 'ServiceEntry', namespace, name })

/** A ServiceEntry of one external host. */
export const entry = (name: string, namespace = 'shop', port = 80): JsonObject =>
  objectOf(entryId(name, namespace), {
    hosts: [`${name}.${namespace}.example.com`],
    resolution: 'DNS',
    ports: [{ number: port, name: 'http', protocol: 'HTTP' }],
  })

export const put = (object: JsonObject, expectedRevision?: number): Write => {
  const { name, namespace = '' } = object.metadata as { readonly name: string; readonly namespace?: string }
  const id = { kind: object.kind as ObjectId['kind'], namespace, name }
  return expectedRevision === undefined ? { ...id, object } : { ...id, object, expectedRevision }
}

/** Waits for what the file system tells; the test runner ends what never comes. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await pause(2)
}
