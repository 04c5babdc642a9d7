/** Brings the whole mesh up as real processes in one temporary folder, and takes it down again. */

import { execFile } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { request, timeUntil } from './request.ts'
import { type Supervised, supervise } from './supervised.ts'
import { type Workload, workloads } from './workloads.ts'

const run = promisify(execFile)
const example = fileURLToPath(new URL('..', import.meta.url))
const launcher = fileURLToPath(new URL('../../../bin/meshwright.cjs', import.meta.url))

export interface PhotoMesh {
  readonly directory: string
  readonly daemon: Supervised
  readonly agents: ReadonlyMap<string, Supervised>
  readonly apps: readonly Supervised[]
  /** Runs a meshwright command against this daemon and returns what it printed. */
  command(...args: readonly string[]): Promise<string>
  /** Puts a file of `added/` into the configuration by rename. */
  addConfiguration(file: string): void
  stop(): Promise<void>
}

export type Progress = (message: string) => void

/** Throws with the tail of the log of whatever did not come up. */
export async function startMesh(envoyPath: string, progress: Progress): Promise<PhotoMesh> {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'meshwright-photo-app-'))
  for (const name of ['config', 'data', 'logs', 'state']) mkdirSync(path.join(directory, name))
  cpSync(path.join(example, 'config'), path.join(directory, 'config'), { recursive: true })
  const started: Supervised[] = []
  const stop = async (): Promise<void> => {
    await Promise.all(started.map(one => one.stop(6000)))
    rmSync(directory, { recursive: true, force: true })
  }
  try {
    const { daemon, secureAddress } = await startDaemon(directory, started, progress)
    const command = commandFor(directory)
    const apps = workloads.flatMap(workload => startApp(directory, workload, started))
    const agents = new Map<string, Supervised>()
    await Promise.all(
      workloads.map(async workload => {
        const token = await command(
          'token',
          'create',
          '--namespace',
          'photo',
          '--service-account',
          workload.serviceAccount,
        )
        agents.set(
          workload.name,
          startAgent({ directory, workload, token: token.trim(), secureAddress, envoyPath, started }),
        )
      }),
    )
    progress('agents started, waiting for their Envoys')
    await Promise.all(workloads.map(workload => untilReady(workload, agents.get(workload.name))))
    const addConfiguration = (file: string): void => {
      const beside = path.join(directory, file)
      cpSync(path.join(example, 'added', file), beside)
      renameSync(beside, path.join(directory, 'config', file))
    }
    return { directory, daemon, agents, apps, command, addConfiguration, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function startDaemon(
  directory: string,
  started: Supervised[],
  progress: Progress,
): Promise<{ daemon: Supervised; secureAddress: string }> {
  const data = path.join(directory, 'data')
  // Port 0 takes a free one, and the same again after a restart; ports.json says which.
  const free = [
    '--secure-address',
    '127.0.0.1:0',
    '--http-address',
    '127.0.0.1:0',
    '--management-address',
    '127.0.0.1:0',
  ]
  const daemon = supervise({
    name: 'daemon',
    command: process.execPath,
    args: [launcher, 'serve', '--config', path.join(directory, 'config'), '--data', data, ...free],
    logFile: path.join(directory, 'logs', 'daemon.log'),
  })
  started.push(daemon)
  const ready = async (): Promise<boolean> => {
    if (!existsSync(path.join(data, 'ports.json'))) return false
    return (await request({ host: '127.0.0.1', port: portsOf(data).http, path: '/ready' })).status === 200
  }
  if ((await timeUntil(20_000, ready)) === undefined)
    throw new Error(`the daemon is not ready:\n${tail(daemon.logFile)}`)
  const secureAddress = `127.0.0.1:${portsOf(data).secure}`
  progress(`daemon ready, xDS and CA on ${secureAddress}`)
  return { daemon, secureAddress }
}

function portsOf(data: string): { readonly secure: number; readonly http: number; readonly management: number } {
  return JSON.parse(readFileSync(path.join(data, 'ports.json'), 'utf8'))
}

function commandFor(directory: string): PhotoMesh['command'] {
  return async (...args) => {
    const { stdout } = await run(process.execPath, [launcher, ...args, '--data', path.join(directory, 'data')])
    return stdout
  }
}

function startApp(directory: string, workload: Workload, started: Supervised[]): Supervised[] {
  if (workload.program === undefined) return []
  const [program = '', ...args] = workload.program
  const app = supervise({
    name: workload.name,
    command: process.execPath,
    args: [path.join(example, 'apps', program), ...args],
    logFile: path.join(directory, 'logs', `${workload.name}-app.log`),
  })
  started.push(app)
  return [app]
}

interface AgentStart {
  readonly directory: string
  readonly workload: Workload
  readonly token: string
  readonly secureAddress: string
  readonly envoyPath: string
  readonly started: Supervised[]
}

function startAgent({ directory, workload, token, secureAddress, envoyPath, started }: AgentStart): Supervised {
  const agent = supervise({
    name: workload.name,
    command: process.execPath,
    args: [
      ...[launcher, 'agent', '--server', secureAddress, '--state', path.join(directory, 'state', workload.name)],
      ...['--namespace', 'photo', '--service-account', workload.serviceAccount, '--name', workload.name],
      ...[
        '--ip',
        workload.ip,
        '--label',
        `app=${workload.app}`,
        '--interception-mode',
        'NONE',
        '--concurrency',
        '1',
        '--drain',
        '1s',
      ],
      ...['--status-address', `${workload.ip}:15020`, '--envoy-admin-address', `${workload.ip}:15000`],
    ],
    logFile: path.join(directory, 'logs', `${workload.name}-agent.log`),
    // A token on the command line could be read by every user of the machine.
    env: { ENVOY_PATH: envoyPath, MESHWRIGHT_AGENT_TOKEN: token },
  })
  started.push(agent)
  return agent
}

async function untilReady(workload: Workload, agent: Supervised | undefined): Promise<void> {
  const probe = { host: workload.ip, port: 15020, path: '/healthz/ready' }
  const readyMs = await timeUntil(30_000, async () => (await request(probe)).status === 200)
  if (readyMs === undefined) throw new Error(`${workload.name} is not ready:\n${tail(agent?.logFile ?? '')}`)
}

export function tail(file: string): string {
  if (!existsSync(file)) return `(${file} is empty)`
  return readFileSync(file, 'utf8').split('\n').slice(-20).join('\n')
}
