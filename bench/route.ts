/**
 * One header match of one VirtualService changes: the time from the rename of its file until each of the connected
 * proxies has the virtual host, the daemon's CPU time for it, and the bytes. Arguments as in `change.ts`.
 */

import { benchChange } from './support/bench-change.ts'
import { reportGoals } from './support/goals.ts'

const { cost } = await benchChange((mesh, round) => mesh.changeRoute(round))
reportGoals([
  { name: 'last proxy', reached: cost.lastMs, goal: 100, unit: 'ms' },
  { name: 'bytes a proxy', reached: cost.bytesPerProxy, goal: 1024, unit: 'B' },
  { name: 'CPU of the daemon', reached: cost.cpuSeconds, goal: 0.15, unit: 's' },
])
