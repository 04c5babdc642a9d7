/**
 * Certificates a second from the built daemon, as callers see them: 32 kept connections with client certificates, one
 * request in flight on each, each entry of the log on disk before its answer; client and daemon on the same cores.
 * Then the same with a new connection for each certificate. `node bench/ca-load.ts [seconds per case]`
 */

import { createPrivateKey } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { type ClientHttp2Session, connect } from 'node:http2'
import path from 'node:path'
import { createCertificatePath } from '../src/ca/certificate-messages.ts'
import { greedyCsr, newKeys } from '../src/ca/testing/requests.ts'
import { certChainIn, requestBody } from '../src/ca/testing/rig.ts'
import { managementClient } from '../src/cli/management-client.ts'
import { type BuiltDaemon, startBuiltDaemon, temporaryFolder } from './support/built-daemon.ts'
import { processUsage } from './support/process-usage.ts'

const seconds = Number(process.argv[2] ?? 5)
const connections = 32
const aMillion = 1_000_000

interface Credential {
  readonly caPem: string
  readonly certificatePem?: string
  readonly keyPem?: string
}

for (const caKey of ['P-256', 'RSA-2048']) {
  const daemon = await startedWith(caKey)
  const credential = await joined(daemon)
  const body = frameOf(requestBody({ csr: await greedyCsr(await newKeys()) }))
  const sessions = await Promise.all(Array.from({ length: connections }, () => opened(daemon, credential)))
  await load(sessions, body, 1)
  const kept = await measured(daemon, () => load(sessions, body, seconds))
  report(`${caKey} CA, ${connections} kept connections`, kept)
  for (const session of sessions) session.close()
  const fresh = await measured(daemon, () => loadOnNewConnections(daemon, credential, body))
  report(`${caKey} CA, a new mutual TLS connection for each`, fresh)
  await daemon.stop()
}

async function startedWith(caKey: string): Promise<BuiltDaemon> {
  const folder = temporaryFolder()
  const [config, data, settings] = ['config', 'data', 'ca.yaml'].map(name => path.join(folder, name)) as [
    string,
    string,
    string,
  ]
  mkdirSync(config)
  // One caller stands for a whole mesh here, so what bounds one caller is out of the way.
  const rate = `{ burst: ${aMillion}, perSecond: ${aMillion} }`
  writeFileSync(
    settings,
    `issuer: { caKey: ${caKey} }
admission: { mostPerCaller: 1000, mostPerAddress: 1000, callerRate: ${rate}, addressRate: ${rate} }
`,
  )
  return startBuiltDaemon({ config, data, args: ['--ca-config', settings] })
}

/** One identity by join token. */
async function joined(daemon: BuiltDaemon): Promise<Credential> {
  const file = path.join(daemon.data, 'admin-credential.json')
  const { rootPem } = JSON.parse(readFileSync(file, 'utf8')) as { rootPem: string }
  const asked = { namespace: 'photo', serviceAccount: 'web', ttlSeconds: 3600 }
  const { token } = JSON.parse(await managementClient(file).post('/v1/tokens', asked)) as { token: string }
  const keys = await newKeys()
  const session = await opened(daemon, { caPem: rootPem })
  const answer = await call(session, frameOf(requestBody({ csr: await greedyCsr(keys) })), `Bearer ${token}`)
  session.close()
  const chain = certChainIn(answer.subarray(5))
  const der = Buffer.from(await crypto.subtle.exportKey('pkcs8', keys.privateKey))
  const keyPem = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }).export({ format: 'pem', type: 'pkcs8' })
  return { caPem: rootPem, certificatePem: chain.slice(0, -1).join(''), keyPem: keyPem.toString() }
}

function opened(daemon: BuiltDaemon, { caPem, certificatePem, keyPem }: Credential): Promise<ClientHttp2Session> {
  const own = certificatePem === undefined ? {} : { cert: certificatePem, key: keyPem }
  const session = connect(`https://localhost:${daemon.ports.secure}`, { ca: caPem, ...own })
  return new Promise((resolve, reject) => {
    session.once('connect', () => resolve(session))
    session.once('error', reject)
  })
}

function call(session: ClientHttp2Session, frame: Buffer, authorization?: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const stream = session.request({
      ':method': 'POST',
      ':path': createCertificatePath,
      'content-type': 'application/grpc',
      te: 'trailers',
      ...(authorization === undefined ? {} : { authorization }),
    })
    const chunks: Buffer[] = []
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    stream.on('end', () => {
      if (chunks.length > 0) resolve(Buffer.concat(chunks))
      else reject(new Error('a request was refused; run the daemon by hand to see why'))
    })
    stream.on('error', reject)
    stream.end(frame)
  })
}

/** Milliseconds of each call. */
async function load(sessions: readonly ClientHttp2Session[], frame: Buffer, forSeconds: number): Promise<number[]> {
  const endMs = performance.now() + forSeconds * 1000
  const took: number[] = []
  const caller = async (session: ClientHttp2Session): Promise<void> => {
    while (performance.now() < endMs) {
      const startMs = performance.now()
      await call(session, frame)
      took.push(performance.now() - startMs)
    }
  }
  await Promise.all(sessions.map(caller))
  return took
}

async function loadOnNewConnections(daemon: BuiltDaemon, credential: Credential, frame: Buffer): Promise<number[]> {
  const endMs = performance.now() + seconds * 1000
  const took: number[] = []
  const caller = async (): Promise<void> => {
    while (performance.now() < endMs) {
      const startMs = performance.now()
      const session = await opened(daemon, credential)
      await call(session, frame)
      session.close()
      took.push(performance.now() - startMs)
    }
  }
  await Promise.all(Array.from({ length: 8 }, caller))
  return took
}

interface Measured {
  readonly took: readonly number[]
  readonly elapsedMs: number
  readonly daemonCpuMs: number
  readonly clientCpuMs: number
  readonly rssBytes: number
}

async function measured(daemon: BuiltDaemon, run: () => Promise<number[]>): Promise<Measured> {
  const before = processUsage(daemon.pid).cpuMs
  const own = process.cpuUsage()
  const startMs = performance.now()
  const took = await run()
  const elapsedMs = performance.now() - startMs
  const { user, system } = process.cpuUsage(own)
  const after = processUsage(daemon.pid)
  const clientCpuMs = (user + system) / 1000
  return { took, elapsedMs, daemonCpuMs: after.cpuMs - before, clientCpuMs, rssBytes: after.rssBytes }
}

function report(name: string, { took, elapsedMs, daemonCpuMs, clientCpuMs, rssBytes }: Measured): void {
  const sorted = took.toSorted((a, b) => a - b)
  const at = (share: number): string => (sorted[Math.floor(sorted.length * share)] ?? 0).toFixed(1)
  const each = (ms: number): string => `${((ms * 1000) / took.length).toFixed(0)} µs`
  console.log(
    `${name.padEnd(52)} ${((took.length * 1000) / elapsedMs).toFixed(0).padStart(6)}/s  p50 ${at(0.5)} ms  p99 ${at(0.99)} ms` +
      `  CPU each: daemon ${each(daemonCpuMs)}, client ${each(clientCpuMs)}  RSS ${(rssBytes / 2 ** 20).toFixed(0)} MB`,
  )
}

/** A gRPC message: not compressed, its length, itself. */
function frameOf(message: Uint8Array): Buffer {
  const prefix = Buffer.alloc(5)
  prefix.writeUInt32BE(message.length, 1)
  return Buffer.concat([prefix, message])
}
