/**
 * `npm test`: every check of the project, in order, each with its name and time; ends at the first that fails. A test file
 * that fails runs once more by itself: what passes then was unsteady among others, is named at the end, and is to be mended.
 */

import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))

interface Step {
  readonly name: string
  readonly command: readonly [string, ...string[]]
  /** Where the command leaves the names of the test files that failed, one a line. */
  readonly failedFiles?: string
}

const node = process.execPath
const scratch = mkdtempSync(path.join(tmpdir(), 'meshwright-tests-'))
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }))

const testCommand = (...args: string[]): readonly [string, ...string[]] => [
  node,
  '--import',
  './test/support/fixed-seed.ts',
  '--test',
  '--test-reporter=dot',
  '--test-reporter-destination=stdout',
  ...args,
]

/** `files`: how many test files run at once; processes under test need a core, too. */
function tests(name: string, files: number, ...patterns: string[]): Step {
  const failedFiles = path.join(scratch, `${name.replaceAll(' ', '-')}.txt`)
  const list = ['--test-reporter=./test/support/failed-files.ts', `--test-reporter-destination=${failedFiles}`]
  return { name, command: testCommand(`--test-concurrency=${files}`, ...list, ...patterns), failedFiles }
}

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

async function run({ name, command, failedFiles }: Step): Promise<number> {
  process.stdout.write(`\n== ${name}\n`)
  const begin = performance.now()
  const first = await exitCodeOf(command)
  const code = first !== 0 && failedFiles !== undefined ? await againAlone(failedFiles, first) : first
  const seconds = ((performance.now() - begin) / 1000).toFixed(1)
  process.stdout.write(`\n== ${name}: ${code === 0 ? 'passed' : 'FAILED'} in ${seconds} s\n`)
  return code
}

/** More than this is no chance. */
const mostUnsteady = 3
const unsteady: string[] = []

async function againAlone(failedFiles: string, code: number): Promise<number> {
  const files = existsSync(failedFiles) ? readFileSync(failedFiles, 'utf8').split('\n').filter(Boolean) : []
  if (files.length === 0 || files.length > mostUnsteady) return code
  for (const file of files) {
    process.stdout.write(`\n== once more, by itself: ${path.relative(root, file)}\n`)
    const again = await exitCodeOf(testCommand(file))
    if (again !== 0) return again
    unsteady.push(path.relative(root, file))
  }
  return 0
}

function exitCodeOf([program, ...args]: Step['command']): Promise<number> {
  return new Promise(resolve => {
    const child = spawn(program, args, { cwd: root, stdio: 'inherit' })
    child.on('error', error => {
      process.stderr.write(`${error.message}\n`)
      resolve(1)
    })
    child.on('exit', code => resolve(code ?? 1))
  })
}

const only = process.argv[2]
for (const step of steps) {
  if (only !== undefined && !step.name.includes(only)) continue
  const code = await run(step)
  if (code !== 0) process.exit(code)
}
for (const file of unsteady) process.stdout.write(`unsteady: ${file} failed among others and passed by itself\n`)
