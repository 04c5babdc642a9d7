/**
 * One endpoint of one service changes, in a small file of its own that is renamed into place: the time from the rename
 * until each of the connected proxies has it, the daemon's CPU time for it, and the bytes.
 * `node bench/change.ts [--streams 1000] [--services 1000] [--rounds 20] [--transport plaintext|tls] [--profile FOLDER]`;
 * needs `npm run build`; exit code 1 when a goal is missed.
 */

import { benchChange } from './support/bench-change.ts'
import { reportGoals } from './support/goals.ts'

const { cost } = await benchChange((mesh, round) => mesh.changeEndpoint(round))
reportGoals([
  { name: 'p99 of the proxies', reached: cost.p99Ms, goal: 60, unit: 'ms' },
  { name: 'CPU of the daemon', reached: cost.cpuSeconds, goal: 0.1, unit: 's' },
])
