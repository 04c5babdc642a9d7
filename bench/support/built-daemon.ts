/** The daemon of the built package (`npm run build`) in a process of its own. */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import http from 'node:http'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type Ports, portsFile, readPorts } from '../../src/daemon/ports.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const pollMs = 2

export interface BuiltDaemon {
  readonly pid: number
  readonly data: string
  readonly ports: Ports
  /** From the start of the process to the first 200 of `/ready`. */
  readonly readyAfterMs: number
  /** Lets it drain. */
  stop(): Promise<void>
}

export interface DaemonStart {
  readonly config: string
  readonly data: string
  /** A folder for a V8 CPU profile of the whole run. */
  readonly profile?: string | undefined
  /** Further flags of `serve`. */
  readonly args?: readonly string[]
}

export async function startBuiltDaemon({ config, data, profile, args = [] }: DaemonStart): Promise<BuiltDaemon> {
  if (!existsSync(path.join(root, 'dist', 'main.js'))) throw new Error('there is no dist/main.js: run `npm run build`')
  const startMs = performance.now()
  const child = spawnBuilt(
    ['serve', '--config', config, '--data', data, '--log-level', 'warn', ...freeAddresses, ...args],
    profile === undefined ? [] : ['--cpu-prof', '--cpu-prof-dir', profile],
  )
  const ports = await untilReady(child, data)
  const readyAfterMs = performance.now() - startMs
  return { pid: child.pid ?? 0, data, ports, readyAfterMs, stop: () => stopProcess(child) }
}

/** Runs the built package's command with its own launcher, which runs what is compiled when it is installed. */
export function spawnBuilt(args: readonly string[], nodeArgs: readonly string[] = []): ChildProcess {
  const child = spawn(process.execPath, [...nodeArgs, installedLauncher(), ...args], {
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  endAtExit(() => child.kill('SIGKILL'))
  return child
}

/** A bench that fails leaves nothing behind. One listener for all: Node warns of many. */
const endings: (() => void)[] = []

function endAtExit(end: () => void): void {
  if (endings.push(end) > 1) return
  process.on('exit', () => {
    for (const each of endings) each()
  })
}

let installed: string | undefined

/** Below a `node_modules` of its own, as npm would put it; what is compiled is linked. */
function installedLauncher(): string {
  if (installed === undefined) {
    const folder = path.join(temporaryFolder(), 'node_modules', 'meshwright')
    mkdirSync(folder, { recursive: true })
    cpSync(path.join(root, 'bin'), path.join(folder, 'bin'), { recursive: true })
    symlinkSync(path.join(root, 'dist'), path.join(folder, 'dist'))
    installed = path.join(folder, 'bin', 'meshwright.cjs')
  }
  return installed
}

export async function stopProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  await exited
}

/** Removed when the process ends, however it ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'meshwright-bench-'))
  endAtExit(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

const freeAddresses = ['secure', 'plaintext', 'http', 'management'].flatMap(name => [
  `--${name}-address`,
  '127.0.0.1:0',
])

async function untilReady(child: ChildProcess, data: string): Promise<Ports> {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`the daemon ended with ${child.exitCode}`)
    if (existsSync(portsFile(data))) {
      const ports = readPorts(data)
      if ((await statusOf(ports.http ?? 0)) === 200) return ports
    }
    await sleep(pollMs)
  }
}

function statusOf(port: number): Promise<number> {
  return new Promise(resolve => {
    const request = http.get({ host: '127.0.0.1', port, path: '/ready', agent: false }, response => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
    request.on('error', () => resolve(0))
  })
}
