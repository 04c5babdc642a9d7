/** `npm run demo`: brings the mesh up and shows it until Ctrl-C; with `-- --once` runs the checks, prints the table and ends with 0 or 1. */

import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { formatTable } from '../../src/cli/table.ts'
import { checks } from './checks/all.ts'
import type { CheckResult } from './checks/check.ts'
import { type PhotoMesh, startMesh } from './support/mesh.ts'
import { showStatus } from './support/status-view.ts'

const once = process.argv.includes('--once')
const launcher = fileURLToPath(new URL('../../bin/meshwright.cjs', import.meta.url))
const say = (message: string): void => void process.stderr.write(`demo: ${message}\n`)

const end = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => end.abort())

// The installer says on standard error what it is doing, and on standard output where Envoy is.
const envoyPath = execFileSync(process.execPath, [launcher, 'envoy', 'install'], {
  stdio: ['ignore', 'pipe', 'inherit'],
})
  .toString()
  .trim()
const begin = performance.now()
const mesh = await startMesh(envoyPath, say).catch((error: Error) => {
  say(error.message)
  process.exit(1)
})
say(`ready in ${((performance.now() - begin) / 1000).toFixed(1)} s`)
try {
  if (once) process.exitCode = (await runChecks(mesh)) ? 0 : 1
  else await showStatus(mesh, end.signal)
} finally {
  say('stopping')
  await mesh.stop()
}

async function runChecks(running: PhotoMesh): Promise<boolean> {
  const rows: string[][] = []
  let allPassed = true
  for (const check of checks) {
    if (end.signal.aborted) return false
    say(check.name)
    const checkBegin = performance.now()
    const result: CheckResult = await check
      .run(running)
      .catch((error: Error) => ({ passed: false, happened: error.message }))
    const tookMs = result.tookMs ?? performance.now() - checkBegin
    allPassed &&= result.passed
    rows.push([result.passed ? 'pass' : 'FAIL', check.name, check.expected, result.happened, `${tookMs.toFixed(0)} ms`])
  }
  process.stdout.write(formatTable(['', 'CHECK', 'EXPECTED', 'HAPPENED', 'TOOK'], rows))
  return allPassed
}
