/** An authority on a database of its own with a clock that is turned by hand, called without a socket. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { FakeClock } from '../../platform/clock.ts'
import { type Database, openDatabase } from '../../platform/database/database.ts'
import { silentLog } from '../../platform/log.ts'
import { loadProtos } from '../../platform/protobuf.ts'
import type { PeerCertificate, PeerIdentity } from '../../platform/rpc.ts'
import type { CertificateAuthorityOptions } from '../authority-parts.ts'
import { type CertificateAuthority, createCertificateAuthority } from '../certificate-authority.ts'
import { sqliteCaStore } from '../store/store-sqlite.ts'
import { caMigrations } from './schema.ts'

export interface CaRig {
  readonly directory: string
  readonly clock: FakeClock
  readonly authority: CertificateAuthority
  /** Stops and starts on the same data, as a new process would. */
  restart(): Promise<void>
  call(call: RigCall): Promise<readonly string[]>
  close(): Promise<void>
}

export interface RigCall {
  readonly csr?: string
  readonly validitySeconds?: number
  readonly token?: string
  readonly peer?: PeerIdentity
  readonly impersonate?: string
  /** Instead of a request that is encoded from the above. */
  readonly body?: Uint8Array
  readonly signal?: AbortSignal
}

export type RigOptions = Partial<Omit<CertificateAuthorityOptions, 'store' | 'directory' | 'clock'>>

/** `existing`: a data directory to go on with. Begins at the real time, because some checks by others look at the real clock. */
export async function startRig(options: RigOptions = {}, existing?: string): Promise<CaRig> {
  const directory = existing ?? mkdtempSync(path.join(tmpdir(), 'meshwright-ca-'))
  const clock = new FakeClock(Math.floor(Date.now() / 1000) * 1000)
  let database: Database
  let authority: CertificateAuthority
  const start = async (): Promise<void> => {
    database = openDatabase({ directory, migrations: caMigrations, log: silentLog })
    const store = sqliteCaStore(database)
    const fixed = { log: silentLog, trustDomain: 'cluster.local', serverNames: [] }
    authority = createCertificateAuthority({ ...fixed, ...options, store, directory, clock })
    try {
      await authority.start()
    } catch (thrown) {
      await database.close()
      throw thrown
    }
  }
  const stop = async (): Promise<void> => {
    await authority.stop()
    await database.close()
  }
  try {
    await start()
  } catch (thrown) {
    rmSync(directory, { recursive: true })
    throw thrown
  }
  return {
    directory,
    clock,
    get authority() {
      return authority
    },
    async restart() {
      await stop()
      await start()
    },
    call: call => callOn(authority, call),
    async close() {
      await stop()
      rmSync(directory, { recursive: true })
    },
  }
}

export const tlsPeer: PeerIdentity = { transport: 'tls', address: '192.0.2.7:4711' }

export function certifiedPeer(uris: readonly string[], notAfterMs: number): PeerIdentity {
  const certificate: PeerCertificate = { uris, serialNumber: '0A', notAfterMs, raw: Buffer.alloc(0) }
  return { ...tlsPeer, certificate }
}

const messages = loadProtos(['istio/security/v1alpha1/ca.proto'])
const requestType = messages.lookupType('istio.v1.auth.IstioCertificateRequest')
const responseType = messages.lookupType('istio.v1.auth.IstioCertificateResponse')

export function requestBody(call: RigCall): Uint8Array {
  const metadata = { fields: { ImpersonatedIdentity: { stringValue: call.impersonate } } }
  return requestType
    .encode({
      csr: call.csr ?? '',
      validityDuration: call.validitySeconds ?? 0,
      ...(call.impersonate === undefined ? {} : { metadata }),
    })
    .finish()
}

export function certChainIn(body: Uint8Array): readonly string[] {
  const { certChain } = responseType.toObject(responseType.decode(body), { arrays: true })
  return certChain as readonly string[]
}

async function callOn(authority: CertificateAuthority, call: RigCall): Promise<readonly string[]> {
  const [method] = authority.methods
  if (method?.kind !== 'unary') throw new Error('the authority offers no unary method')
  const answer = await method.handle({
    peer: call.peer ?? tlsPeer,
    metadata: call.token === undefined ? {} : { authorization: `Bearer ${call.token}` },
    body: call.body ?? requestBody(call),
    signal: call.signal ?? new AbortController().signal,
  })
  return certChainIn(answer.body)
}
