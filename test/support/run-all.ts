/** `npm test`: every check of the project, in order, each with its name and time; ends at the first that fails. */

import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))

interface Step {
  readonly name: string
  readonly command: readonly [string, ...string[]]
}

const node = process.execPath
/** `files`: how many test files run at once; processes under test need a core, too. */
const tests = (name: string, files: number, ...patterns: string[]): Step => ({
  name,
  command: [
    node,
    '--import',
    './test/support/fixed-seed.ts',
    '--test',
    `--test-concurrency=${files}`,
    '--test-reporter=dot',
    '--test-reporter-destination=stdout',
    ...patterns,
  ],
})

const steps: readonly Step[] = [
  { name: 'types', command: ['tsc', '--noEmit'] },
  { name: 'lint', command: ['biome', 'check', '--error-on-warnings', '.'] },
  { name: 'dead code', command: ['knip'] },
  { name: 'Envoy', command: [node, 'bin/meshwright.cjs', 'envoy', 'install'] },
  tests('unit tests', 2, 'src/**/*.test.ts'),
  tests(
    'tests of several modules',
    2,
    'test/push/**/*.test.ts',
    'test/conformance/**/*.test.ts',
    'test/oracle/**/*.test.ts',
  ),
  tests('traffic tests', 1, 'test/traffic/**/*.test.ts'),
  tests('end to end', 1, 'test/e2e/**/*.test.ts'),
]

function run({ name, command: [program, ...args] }: Step): Promise<number> {
  process.stdout.write(`\n== ${name}\n`)
  const begin = performance.now()
  return new Promise(resolve => {
    const child = spawn(program, args, { cwd: root, stdio: 'inherit' })
    child.on('error', error => {
      process.stderr.write(`${error.message}\n`)
      resolve(1)
    })
    child.on('exit', code => {
      process.stdout.write(
        `\n== ${name}: ${code === 0 ? 'passed' : 'FAILED'} in ${((performance.now() - begin) / 1000).toFixed(1)} s\n`,
      )
      resolve(code ?? 1)
    })
  })
}

const only = process.argv[2]
for (const step of steps) {
  if (only !== undefined && !step.name.includes(only)) continue
  const code = await run(step)
  if (code !== 0) process.exit(code)
}
