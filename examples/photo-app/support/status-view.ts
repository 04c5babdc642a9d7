/** The live view: what is up, and how requests through the mesh fare, redrawn every second until Ctrl-C. */

import { formatTable } from '../../../src/cli/table.ts'
import type { PhotoMesh } from './mesh.ts'
import { request } from './request.ts'
import { page, workloads } from './workloads.ts'

export async function showStatus(mesh: PhotoMesh, signal: AbortSignal): Promise<void> {
  const counts = { ok: 0, failed: 0, lastMs: 0 }
  while (!signal.aborted) {
    const begin = performance.now()
    const outcome = await request({ ...page, path: '/trace' })
    counts.lastMs = performance.now() - begin
    if (outcome.status === 200) counts.ok++
    else counts.failed++
    const rows = await Promise.all(
      workloads.map(async workload => {
        const ready = await request({ host: workload.ip, port: 15020, path: '/healthz/ready' })
        const agent = mesh.agents.get(workload.name)
        return [
          workload.name,
          workload.ip,
          ready.status === 200 ? 'ready' : 'NOT READY',
          String(agent?.pid() ?? ''),
          String(agent?.starts() ?? ''),
        ]
      }),
    )
    const lines = [
      `photo-app on meshwright — open http://${page.host}:${page.port}/ — Ctrl-C ends`,
      '',
      formatTable(['WORKLOAD', 'ADDRESS', 'STATE', 'AGENT PID', 'STARTS'], rows),
      `web → api → store: ${counts.ok} answered, ${counts.failed} failed, last ${counts.lastMs.toFixed(1)} ms`,
      `everything is in ${mesh.directory} (config/ is watched, logs/ has each process)`,
      '',
    ]
    // On a terminal the view is redrawn in place; in a file one state follows the other.
    process.stdout.write((process.stdout.isTTY ? '\u001b[2J\u001b[H' : '') + lines.join('\n'))
    await pause(1000, signal)
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}
