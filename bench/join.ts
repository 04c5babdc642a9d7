/**
 * Many sidecars join a mesh at once: CPU, memory and time a proxy, in plaintext and over TLS with certificates of the
 * mesh's own, beside the floor in the same run: bare node:http2 that reads the same requests and sends ready bytes.
 * `node bench/join.ts [--streams 1000] [--services 1000] [--namespaces 4] [--shapes 40] [--transport plaintext|tls]
 * [--profile FOLDER]`; needs `npm run build`; exit code 1 when a goal is missed.
 */

import { parseArgs } from 'node:util'
import type { TlsMaterial } from '../src/grpc/server.ts'
import { createTestAuthority } from '../src/grpc/testing/test-authority.ts'
import { cpuPerStreamMs, type FanOut, fanOutHead, fanOutRow, measureFloor } from './support/fan-out.ts'
import { type Goal, reportGoals } from './support/goals.ts'
import { type JoinedMesh, joinMesh } from './support/joined-mesh.ts'
import { formatTable } from './support/table.ts'

const { values } = parseArgs({
  options: {
    streams: { type: 'string', default: '1000' },
    services: { type: 'string', default: '1000' },
    namespaces: { type: 'string', default: '4' },
    shapes: { type: 'string', default: '40' },
    transport: { type: 'string' },
    profile: { type: 'string' },
  },
})
const streams = Number(values.streams)
const shapes = Number(values.shapes)
const size = { services: Number(values.services), namespaces: Number(values.namespaces) }

const rows: string[][] = []
const notes: string[] = []
const goals: Goal[] = []
for (const transport of ['plaintext', 'tls'] as const) {
  if (values.transport !== undefined && values.transport !== transport) continue
  const joined = await joinMesh({ size, streams, shapes, transport, profile: values.profile })
  await joined.stop()
  rows.push(fanOutRow(`meshwright, ${transport}`, joined.join))
  const { responseBytes, requestBytes } = joined
  const { cpuMs, rssBytes } = joined.first
  notes.push(
    `${transport}: the first proxy of each of ${shapes} shapes took ${cpuMs} ms of CPU and ${(rssBytes / 2 ** 20).toFixed(0)} MB in all, which the figures a stream include`,
  )
  const tls = transport === 'tls' ? await floorMaterial(joined) : undefined
  const floor = await measureFloor({ variant: 'bare', streams, messageBytes: responseBytes, requestBytes, tls })
  rows.push(fanOutRow(`bare node:http2, ${transport}`, floor))
  goals.push(...goalsOf(transport, joined.join, floor))
}
process.stdout.write(
  `${streams} streams, ${size.services} services, ${size.namespaces} namespaces, Node ${process.version}\n\n`,
)
process.stdout.write(`${formatTable(fanOutHead, rows)}\n\n${notes.join('\n')}\n\n`)
reportGoals(goals)

function goalsOf(transport: 'plaintext' | 'tls', join: FanOut, floor: FanOut): Goal[] {
  const cpuMs = cpuPerStreamMs(join)
  const kilobytes = (fanOut: FanOut): number => (fanOut.after.rssBytes - fanOut.before.rssBytes) / fanOut.streams / 1024
  const named = (what: string, reached: number, goal: number, unit: string): Goal => ({
    name: `${transport}, ${what}`,
    reached,
    goal,
    unit,
  })
  if (transport === 'plaintext') {
    return [named('CPU a proxy', cpuMs, 4, 'ms'), named('memory a proxy', kilobytes(join), 80, 'KB')]
  }
  return [
    named('CPU against the floor', cpuMs / cpuPerStreamMs(floor), 1.5, 'times'),
    named('memory against the floor', kilobytes(join) / kilobytes(floor), 1.5, 'times'),
  ]
}

/** The floor's server has a certificate of a test authority, and asks its clients for those that the mesh has issued. */
async function floorMaterial({ identities }: JoinedMesh) {
  const authority = await createTestAuthority('bench')
  const own = await authority.leaf({ dns: ['localhost'] })
  const server: TlsMaterial = {
    chainPem: own.certPem,
    keyPem: own.keyPem,
    trustPem: identities[0]?.rootPem ?? '',
  }
  return { server, clients: identities.map(identity => ({ ...identity, rootPem: authority.rootPem })) }
}
