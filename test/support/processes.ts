/** Starts the real command as a process in folders of its own, and ends it with the test. */

import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'

export const launcher: string = fileURLToPath(new URL('../../bin/meshwright.cjs', import.meta.url))

type Ending = () => unknown

const endings = new WeakMap<TestContext, Ending[]>()

/** What began last ends first, so that nobody loses the ground under his feet; all of it ends, whatever fails. */
export function atEnd(t: TestContext, ending: Ending): void {
  const all = endings.get(t)
  if (all !== undefined) {
    all.push(ending)
    return
  }
  const begun = [ending]
  endings.set(t, begun)
  t.after(async () => {
    const faults: unknown[] = []
    for (const end of begun.toReversed()) {
      try {
        await end()
      } catch (fault) {
        faults.push(fault)
      }
    }
    if (faults.length > 0) throw new AggregateError(faults, 'not everything could be ended')
  })
}

/** Removed when the test ends. */
export function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'meshwright-test-'))
  atEnd(t, () => rmSync(folder, { recursive: true, force: true }))
  return folder
}

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface Started {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
  /** What it has written so far. */
  output(): { readonly stdout: string; readonly stderr: string }
}

export function start(
  t: TestContext,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Started {
  return startProgram(t, [process.execPath, launcher, ...args], environment)
}

/** Any program, killed with the test. */
export function startProgram(
  t: TestContext,
  [program, ...args]: readonly [string, ...string[]],
  environment: Readonly<Record<string, string>> = {},
): Started {
  const child = spawn(program, args, { env: { ...process.env, ...environment } })
  const out: Buffer[] = []
  const err: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk))
  const output = (): { stdout: string; stderr: string } => ({
    stdout: Buffer.concat(out).toString(),
    stderr: Buffer.concat(err).toString(),
  })
  const ended = new Promise<Ended>(resolve => child.on('close', code => resolve({ code, ...output() })))
  atEnd(t, async () => {
    child.kill('SIGKILL')
    await ended
  })
  return { child, ended, output }
}

export async function runCommand(t: TestContext, ...args: readonly string[]): Promise<Ended> {
  return start(t, args).ended
}

export interface RunningDaemon extends Started {
  readonly data: string
  readonly ports: {
    readonly secure: number
    readonly http: number
    readonly management: number
    readonly plaintext?: number
  }
}

const readyWithinMs = 20_000

/** A daemon on free ports that is ready. */
export async function startDaemon(
  t: TestContext,
  options: {
    readonly config: string
    readonly data: string
    readonly args?: readonly string[]
    readonly environment?: Readonly<Record<string, string>>
  },
): Promise<RunningDaemon> {
  const free = [
    '--secure-address',
    '127.0.0.1:0',
    '--http-address',
    '127.0.0.1:0',
    '--management-address',
    '127.0.0.1:0',
  ]
  const { config, data, args = [], environment = {} } = options
  const started = start(t, ['serve', '--config', config, '--data', data, ...free, ...args], environment)
  const ended = started.ended.then(({ code, stderr }) => {
    throw new Error(`the daemon ended with ${code}:\n${stderr}`)
  })
  ended.catch(() => {})
  await Promise.race([ended, until(() => started.output().stderr.includes('"msg":"serving"'), readyWithinMs)])
  const ports = JSON.parse(readFileSync(path.join(data, 'ports.json'), 'utf8')) as RunningDaemon['ports']
  return { ...started, data, ports }
}

/** Polls: what happens in another process cannot be awaited otherwise. Throws when `withinMs` has passed. */
export async function until(done: () => boolean | Promise<boolean>, withinMs: number): Promise<void> {
  const end = performance.now() + withinMs
  while (!(await done())) {
    if (performance.now() > end) throw new Error(`not within ${withinMs} ms: ${done}`)
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}
