/**
 * Every bench with its goals, one after the other, on the built package: `npm run bench`. Takes some minutes and wants a
 * quiet machine; exit code 1 when a goal is missed.
 */

import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const benches: readonly (readonly string[])[] = [
  ['start.ts'],
  ['join.ts'],
  ['change.ts'],
  ['change.ts', '--transport', 'tls'],
  ['route.ts'],
  ['graph.ts'],
  ['config.ts'],
  ['ca-load.ts'],
  ['ca-herd.ts'],
  ['ca-connections.ts'],
  ['ca-xds.ts'],
  ['agent-memory.ts'],
]

if (!existsSync(new URL('../dist/main.js', import.meta.url))) throw new Error('run `npm run build` first')
const missed: string[] = []
for (const [file = '', ...args] of benches) {
  const name = [file, ...args].join(' ')
  process.stdout.write(`\n── bench/${name} ──\n\n`)
  const script = fileURLToPath(new URL(file, import.meta.url))
  const { status } = spawnSync(process.execPath, ['--expose-gc', script, ...args], {
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  if (status !== 0) missed.push(name)
}
process.stdout.write(missed.length === 0 ? '\nall goals reached\n' : `\nmissed: ${missed.join(', ')}\n`)
process.exitCode = missed.length === 0 ? 0 : 1
