/**
 * The folder that an agent keeps between runs, and the lock that lets only one agent use it. The lock is a socket in the
 * abstract namespace: the kernel frees it with the process, also at SIGKILL, and no file is left behind.
 */

import { createHash } from 'node:crypto'
import { chmod, mkdir, readdir, realpath, rm, stat } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import path from 'node:path'
import { MeshwrightError } from '../../platform/errors.ts'

export interface StateDirectory {
  readonly path: string
  /** Key and chain in one file (0600), so that they cannot be of different certificates. */
  readonly identityFile: string
  readonly rootsFile: string
  /** What the daemon ordered to trust, when it did (0600). */
  readonly trustFile: string
  /** The newest checkpoint of the authority's log that was seen. */
  readonly checkpointFile: string
  /** The key that the log is signed with, as it was seen first. */
  readonly logKeyFile: string
  /** What the authority gave to keep: its statement of revocations, and they themselves. */
  readonly custodyFile: string
  readonly revocationsFile: string
  /** The key for which a join token is being spent (0600). */
  readonly joinKeyFile: string
  readonly lastGoodFile: string
  readonly bootstrapFile: string
  readonly envoyRecordFile: string
  readonly baseIdFile: string
  readonly xdsSocket: string
  readonly sdsSocket: string
  release(): Promise<void>
}

/** Makes the folder (0700) when it is not there. Throws AGENT_STATE_UNUSABLE. */
export async function openStateDirectory(folder: string): Promise<StateDirectory> {
  const real = await prepare(folder)
  const lock = await acquireLock(real)
  await removeUnfinished(real)
  const file = (name: string): string => path.join(real, name)
  return {
    path: real,
    identityFile: file('identity.pem'),
    rootsFile: file('roots.pem'),
    trustFile: file('trust.json'),
    checkpointFile: file('log-checkpoint.bin'),
    logKeyFile: file('log.key'),
    custodyFile: file('custody'),
    revocationsFile: file('revocations.json'),
    joinKeyFile: file('join-key.pem'),
    lastGoodFile: file('last-good-xds.bin'),
    bootstrapFile: file('envoy-bootstrap.json'),
    envoyRecordFile: file('envoy-process.json'),
    baseIdFile: file('envoy-base-id'),
    xdsSocket: file('xds.sock'),
    sdsSocket: file('sds.sock'),
    release: () => new Promise(resolve => lock.close(() => resolve())),
  }
}

/** `sun_path` holds 108 bytes, the last one 0. */
const longestSocketPath = 107

async function prepare(folder: string): Promise<string> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const real = await realpath(folder)
    const found = await stat(real)
    const own = process.geteuid?.()
    if (own !== undefined && found.uid !== own) throw new Error(`it belongs to user ${found.uid}, not to ${own}`)
    if ((found.mode & 0o077) !== 0) await chmod(real, 0o700)
    const socketBytes = Buffer.byteLength(path.join(real, 'xds.sock'))
    if (socketBytes > longestSocketPath) {
      throw new Error(`its path leaves no room for a Unix socket (${socketBytes} bytes, ${longestSocketPath} allowed)`)
    }
    return real
  } catch (cause) {
    throw unusable(folder, (cause as Error).message, cause)
  }
}

/** What a killed agent was writing. */
async function removeUnfinished(folder: string): Promise<void> {
  for (const name of await readdir(folder))
    if (name.endsWith('.tmp')) await rm(path.join(folder, name), { force: true })
}

async function acquireLock(folder: string): Promise<Server> {
  const name = createHash('sha256').update(folder).digest('hex').slice(0, 32)
  const server = createServer(socket => socket.destroy())
  server.unref()
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(unusable(folder, error.code === 'EADDRINUSE' ? 'another agent uses it' : error.message, error))
    })
    server.listen({ path: `\0meshwright-agent-${name}` }, resolve)
  })
  return server
}

function unusable(folder: string, reason: string, cause: unknown): MeshwrightError {
  return new MeshwrightError('AGENT_STATE_UNUSABLE', {
    message: `the state directory ${folder} cannot be used: ${reason}`,
    remedy: 'Give each agent a short directory of its own that it may write.',
    cause,
  })
}
