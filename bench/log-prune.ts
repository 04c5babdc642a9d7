/**
 * What pruning the transparency log costs and saves: bytes an entry before and after in a compacted copy, and how long the
 * daemon's thread is held meanwhile. `node bench/log-prune.ts [entries]`
 */

import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { startLogRig } from '../src/ca/testing/log-rig.ts'
import { snapshotDatabase } from '../src/platform/database/snapshot.ts'

const entries = Number(process.argv[2] ?? 50_000)
const dayMs = 24 * 3_600_000
const rig = await startLogRig()
const folder = mkdtempSync(path.join(tmpdir(), 'meshwright-bench-'))

function bytesAnEntry(): string {
  const copy = path.join(folder, 'copy')
  snapshotDatabase(rig.directory, copy)
  const sizeBytes = statSync(copy).size
  rmSync(copy)
  return (sizeBytes / entries).toFixed(0)
}

for (let made = 0; made < entries; made += 1000) await rig.issue(Math.min(1000, entries - made))
rig.clock.jump(100 * dayMs)
await rig.log.append({ kind: 'trust' })
const before = bytesAnEntry()
const delay = monitorEventLoopDelay({ resolution: 1 })
delay.enable()
const start = performance.now()
const { forgotten } = await rig.log.prune(rig.clock.now() - 95 * dayMs, { evidence: 'bench', detail: '' })
const prunedMs = performance.now() - start
delay.disable()
const audited = performance.now()
const { faults } = await rig.log.audit()
const auditMs = performance.now() - audited
if (faults.length > 0) throw new Error(faults.join('\n'))
console.log(
  [
    `${forgotten} entries forgotten in ${(prunedMs / 1000).toFixed(1)} s`,
    `loop delay p99 ${(delay.percentile(99) / 1e6).toFixed(0)} ms, most ${(delay.max / 1e6).toFixed(0)} ms`,
    `${before} bytes an entry before, ${bytesAnEntry()} after`,
    `audit ${auditMs.toFixed(0)} ms`,
  ].join('\n'),
)
await rig.close()
rmSync(folder, { recursive: true })
