/**
 * How long a change of one endpoint takes to reach every proxy while the authority is asked for certificates as fast as
 * it answers (32 kept connections), against the same without. One endpoint of one service changes, as in change.ts.
 * `node bench/ca-xds.ts [--streams 200] [--services 200] [--rounds 15]`; needs `npm run build`; exit code 1 when a goal is
 * missed.
 */

import { parseArgs } from 'node:util'
import { certificateRequests, certifiedTarget } from './support/certificate-load.ts'
import { changeTable, measureChanges } from './support/changes.ts'
import { reportGoals } from './support/goals.ts'
import { joinMesh } from './support/joined-mesh.ts'
import { openUnaryConnection } from './support/unary-connection.ts'

const { values } = parseArgs({
  options: {
    streams: { type: 'string', default: '200' },
    services: { type: 'string', default: '200' },
    rounds: { type: 'string', default: '15' },
  },
})
const rounds = Number(values.rounds)
const connections = 32

const joined = await joinMesh({
  size: { services: Number(values.services), namespaces: 4 },
  streams: Number(values.streams),
  shapes: 10,
  transport: 'plaintext',
})
const change = (round: number): number => joined.mesh.changeEndpoint(round)
const idle = await measureChanges(joined, rounds, change)

const target = await certifiedTarget(joined.daemon)
const requests = await certificateRequests(connections)
let isOver = false
let issued = 0
const callers = requests.map(async request => {
  const connection = await openUnaryConnection(target)
  while (!isOver) if ((await connection.call(request)).kind === 'answered') issued += 1
  connection.close()
})
const startMs = performance.now()
const loaded = await measureChanges(joined, rounds, round => change(100 + round))
const perSecond = (issued * 1000) / (performance.now() - startMs)
isOver = true
await Promise.all(callers)
await joined.stop()

process.stdout.write(
  `${values.services} services, ${values.streams} proxies, plaintext; ${perSecond.toFixed(0)} certificates/s meanwhile\n\n`,
)
process.stdout.write(`${changeTable({ 'authority idle': idle, 'authority loaded': loaded })}\n\n`)
reportGoals([
  { name: 'p50 under load, of its idle value', reached: loaded.p50Ms / idle.p50Ms, goal: 2, unit: 'times' },
  { name: 'p99 under load, of its idle value', reached: loaded.p99Ms / idle.p99Ms, goal: 2, unit: 'times' },
])
