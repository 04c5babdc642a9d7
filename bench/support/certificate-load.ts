/** A built daemon whose limits are out of the way, and callers that ask it for certificates as fast as it answers. */

import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { createSecureContext } from 'node:tls'
import { createCertificatePath } from '../../src/ca/service/certificate-messages.ts'
import { modestCsr, newKeys } from '../../src/ca/testing/requests.ts'
import { requestBody } from '../../src/ca/testing/rig.ts'
import { type BuiltDaemon, startBuiltDaemon, temporaryFolder } from './built-daemon.ts'
import { issueIdentity } from './identities.ts'
import { processUsage, threadsCpuMs } from './process-usage.ts'
import {
  openUnaryConnection,
  type UnaryConnection,
  type UnaryRequest,
  type UnaryTarget,
  unaryRequest,
} from './unary-connection.ts'

export interface AuthorityOptions {
  readonly caKey: string
  /** A folder of configuration; empty when absent. */
  readonly config?: string
  readonly profile?: string | undefined
}

const aMillion = 1_000_000

/** One caller stands for a whole mesh in these benches, so what bounds one caller is out of the way. */
export function startAuthority({ caKey, config, profile }: AuthorityOptions): Promise<BuiltDaemon> {
  const folder = temporaryFolder()
  const empty = path.join(folder, 'config')
  mkdirSync(empty)
  const rate = `{ burst: ${aMillion}, perSecond: ${aMillion} }`
  const limits = `{ mostPerCaller: 1000, mostPerAddress: 1000, callerRate: ${rate}, addressRate: ${rate} }`
  const settings = path.join(folder, 'ca.yaml')
  writeFileSync(settings, `issuer: { caKey: ${caKey} }\nadmission: ${limits}\n`)
  const data = path.join(folder, 'data')
  return startBuiltDaemon({ config: config ?? empty, data, profile, args: ['--ca-config', settings] })
}

/** With a certificate of the mesh, by join token. */
export async function certifiedTarget(daemon: BuiltDaemon): Promise<UnaryTarget> {
  const { rootPem, certPem, keyPem } = await issueIdentity(daemon, { namespace: 'photo', serviceAccount: 'web' })
  return { port: daemon.ports.secure ?? 0, context: createSecureContext({ ca: rootPem, cert: certPem, key: keyPem }) }
}

/** Of different keys, made beforehand. */
export function certificateRequests(count: number): Promise<UnaryRequest[]> {
  const make = async (): Promise<UnaryRequest> => {
    const csr = await modestCsr(await newKeys(), 'spiffe://cluster.local/ns/photo/sa/web')
    return unaryRequest(createCertificatePath, requestBody({ csr }))
  }
  return Promise.all(Array.from({ length: count }, make))
}

export interface Load {
  /** Milliseconds of each call, sorted. */
  readonly tookMs: readonly number[]
  readonly elapsedMs: number
  readonly daemonCpuMs: number
  /** Of the daemon's threads, by name. */
  readonly threadsCpuMs: ReadonlyMap<string, number>
  readonly clientCpuMs: number
  readonly rssBytes: number
}

/** One request in flight on each connection. Throws when one is refused, or when the daemon has counted others. */
export function loadOnKept(
  daemon: BuiltDaemon,
  {
    connections,
    requests,
    seconds,
  }: { connections: readonly UnaryConnection[]; requests: readonly UnaryRequest[]; seconds: number },
): Promise<Load> {
  return measured(
    daemon,
    seconds,
    connections.map((connection, i) => () => answered(connection, requests[i % requests.length])),
  )
}

/** `callers` at once, each time with a connection of its own. */
export function loadOnNew(
  daemon: BuiltDaemon,
  {
    target,
    callers,
    requests,
    seconds,
  }: { target: UnaryTarget; callers: number; requests: readonly UnaryRequest[]; seconds: number },
): Promise<Load> {
  const call = (i: number) => async (): Promise<void> => {
    const connection = await openUnaryConnection(target)
    await answered(connection, requests[i % requests.length])
    connection.close()
  }
  return measured(
    daemon,
    seconds,
    Array.from({ length: callers }, (_, i) => call(i)),
  )
}

async function answered(connection: UnaryConnection, request: UnaryRequest | undefined): Promise<void> {
  if (request === undefined) throw new Error('there are no requests')
  const outcome = await connection.call(request)
  if (outcome.kind === 'refused') throw new Error('a request was refused; run the daemon by hand to see why')
}

async function measured(
  daemon: BuiltDaemon,
  seconds: number,
  callers: readonly (() => Promise<void>)[],
): Promise<Load> {
  const issuedBefore = await issued(daemon)
  const before = processUsage(daemon.pid)
  const threadsBefore = threadsCpuMs(daemon.pid)
  const own = process.cpuUsage()
  const startMs = performance.now()
  const endMs = startMs + seconds * 1000
  const tookMs: number[] = []
  const keepCalling = async (call: () => Promise<void>): Promise<void> => {
    while (performance.now() < endMs) {
      const beganMs = performance.now()
      await call()
      tookMs.push(performance.now() - beganMs)
    }
  }
  await Promise.all(callers.map(keepCalling))
  const elapsedMs = performance.now() - startMs
  const { user, system } = process.cpuUsage(own)
  const after = processUsage(daemon.pid)
  const threadsAfter = threadsCpuMs(daemon.pid)
  const counted = (await issued(daemon)) - issuedBefore
  if (counted !== tookMs.length) throw new Error(`${tookMs.length} answers, and the daemon has issued ${counted}`)
  return {
    tookMs: tookMs.sort((a, b) => a - b),
    elapsedMs,
    daemonCpuMs: after.cpuMs - before.cpuMs,
    threadsCpuMs: new Map([...threadsAfter].map(([name, ms]) => [name, ms - (threadsBefore.get(name) ?? 0)])),
    clientCpuMs: (user + system) / 1000,
    rssBytes: after.rssBytes,
  }
}

async function issued(daemon: BuiltDaemon): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${daemon.ports.http}/metrics`)).text()
  return Number(/^citadel_server_success_cert_issuance_count (\d+)$/m.exec(text)?.[1])
}
