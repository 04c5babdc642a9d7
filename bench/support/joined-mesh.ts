/** A mesh on files, the built daemon that serves it, and many sidecars that have joined. */

import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { type BuiltDaemon, startBuiltDaemon, temporaryFolder } from './built-daemon.ts'
import { type FanOut, measureFanOut } from './fan-out.ts'
import { issueIdentity } from './identities.ts'
import { type MeshFolder, type MeshSize, writeMesh } from './mesh-files.ts'
import { type ProcessUsage, processUsage } from './process-usage.ts'
import { benchProxies } from './proxies.ts'
import { type Scouted, scout } from './scout.ts'
import { adsPath, type ClientTls, type StreamKind, type Streams } from './streams.ts'

export interface JoinOptions {
  readonly size: MeshSize
  readonly streams: number
  /** Distinct workloads among the proxies: equal ones share what is translated for them. */
  readonly shapes: number
  readonly transport: 'plaintext' | 'tls'
  readonly profile?: string | undefined
}

export interface JoinedMesh {
  readonly mesh: MeshFolder
  readonly daemon: BuiltDaemon
  readonly streams: Streams
  /** From the first proxy of each shape to all of them, their own included. */
  readonly join: FanOut
  /** Of that, what the first proxy of each shape has cost: translating for it. */
  readonly first: { readonly cpuMs: number; readonly rssBytes: number }
  /** Of one proxy, in order. */
  readonly responseBytes: readonly number[]
  /** Of one proxy, in all: its node and what it asks for. */
  readonly requestBytes: number
  readonly identities: readonly Required<ClientTls>[]
  stop(): Promise<void>
}

export async function joinMesh(options: JoinOptions): Promise<JoinedMesh> {
  const { size, streams: count, shapes, transport, profile } = options
  const folder = temporaryFolder()
  const mesh = writeMesh(folder, size)
  const data = path.join(folder, 'data')
  mkdirSync(data, { mode: 0o700 })
  const daemon = await startBuiltDaemon({ config: mesh.folder, data, profile })
  const proxies = benchProxies(count, shapes, size)
  const identities = transport === 'tls' ? await identitiesOf(daemon, size) : []
  const before = processUsage(daemon.pid)
  const target =
    transport === 'tls'
      ? { host: 'localhost', port: daemon.ports.secure ?? 0 }
      : { host: '127.0.0.1', port: daemon.ports.plaintext ?? 0 }
  const kinds: StreamKind[] = []
  const scouts: Scouted[] = []
  for (const [i, { node }] of proxies.slice(0, shapes).entries()) {
    const tls = transport === 'tls' ? identities[i % size.namespaces] : undefined
    const found = await scout(target, tls, node)
    if (found.requests.length !== (scouts[0] ?? found).requests.length) {
      throw new Error('proxies of different shapes ask in different steps')
    }
    scouts.push(found)
    kinds.push({ requests: found.requests, ...(tls === undefined ? {} : { tls }) })
  }
  const [scouted] = scouts
  const afterFirst = processUsage(daemon.pid)
  const { result, streams } = await measureFanOut(
    daemon.pid,
    { target, path: adsPath, streams: count, kinds, heads: proxies.map(({ node }) => node), acks: 'delta' },
    { kind: 'messages', perStream: scouted?.responseBytes.length ?? 0 },
  )
  for (const one of scouts) one.close()
  return {
    mesh,
    daemon,
    streams,
    join: { ...result, before },
    first: differenceOf(before, afterFirst),
    responseBytes: scouted?.responseBytes ?? [],
    requestBytes: (scouted?.requests ?? []).reduce((sum, { body }) => sum + body.length, proxies[0]?.node.length ?? 0),
    identities,
    async stop() {
      await streams.stop()
      await daemon.stop()
    },
  }
}

function differenceOf(before: ProcessUsage, after: ProcessUsage): { cpuMs: number; rssBytes: number } {
  return { cpuMs: after.cpuMs - before.cpuMs, rssBytes: after.rssBytes - before.rssBytes }
}

/** By namespace. */
function identitiesOf(daemon: BuiltDaemon, { namespaces }: MeshSize): Promise<Required<ClientTls>[]> {
  return Promise.all(
    Array.from({ length: namespaces }, (_, i) =>
      issueIdentity(daemon, { namespace: `ns-${i}`, serviceAccount: 'default' }),
    ),
  )
}
