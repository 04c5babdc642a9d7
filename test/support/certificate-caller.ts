/** A workload without an agent: joins with a token and asks for certificates over gRPC as often as a test wants. */

import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { TestContext } from 'node:test'
import { credentials } from '@grpc/grpc-js'
import { createCertificatePath } from '../../src/ca/service/certificate-messages.ts'
import { greedyCsr, newKeys } from '../../src/ca/testing/requests.ts'
import { certChainIn, requestBody } from '../../src/ca/testing/rig.ts'
import { GrpcClient } from '../../src/grpc/testing/grpc-client.ts'
import { type RunningDaemon, runCommand } from './processes.ts'

export type Answer =
  | { readonly kind: 'issued'; readonly serialNumber: string; readonly pem: string }
  | { readonly kind: 'refused'; readonly code: number; readonly details: string }

/** Joins, and keeps its identity, so that it can also call a daemon that was restarted. */
export async function joinAsCaller(
  t: TestContext,
  daemon: RunningDaemon,
  serviceAccount = 'web',
): Promise<JoinedCaller> {
  const flags = ['--namespace', 'photo', '--service-account', serviceAccount, '--data', daemon.data]
  const made = await runCommand(t, 'token', 'create', ...flags)
  if (made.code !== 0) throw new Error(made.stderr)
  const { rootPem } = JSON.parse(readFileSync(path.join(daemon.data, 'admin-credential.json'), 'utf8')) as {
    rootPem: string
  }
  const keys = await newKeys()
  const csr = await greedyCsr(keys)
  const client = new GrpcClient(`127.0.0.1:${daemon.ports.secure}`, credentials.createSsl(Buffer.from(rootPem)))
  const headers = { authorization: `Bearer ${made.stdout.trim()}` }
  const joined = await client.unary(createCertificatePath, requestBody({ csr }), { headers, timeoutMs: 10_000 })
  client.close()
  const chain = certChainIn(joined.body ?? Buffer.alloc(0))
  const [leafPem] = chain
  if (leafPem === undefined) throw new Error(`not joined: ${joined.code} ${joined.details}`)
  const der = Buffer.from(await crypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64')
  const keyPem = `-----BEGIN PRIVATE KEY-----\n${der}\n-----END PRIVATE KEY-----\n`
  const identity = { rootPem: chain.at(-1) ?? '', chainPem: chain.slice(0, -1).join(''), keyPem, csr }
  return { ...identity, first: new X509Certificate(leafPem), connect: to => connect(identity, to) }
}

export interface JoinedCaller {
  readonly first: X509Certificate
  readonly rootPem: string
  connect(daemon: RunningDaemon): CallerConnection
}

export interface CallerConnection {
  renew(): Promise<Answer>
  close(): void
}

interface Identity {
  readonly rootPem: string
  readonly chainPem: string
  readonly keyPem: string
  readonly csr: string
}

function connect({ rootPem, keyPem, chainPem, csr }: Identity, daemon: RunningDaemon): CallerConnection {
  const tls = credentials.createSsl(Buffer.from(rootPem), Buffer.from(keyPem), Buffer.from(chainPem))
  const client = new GrpcClient(`127.0.0.1:${daemon.ports.secure}`, tls)
  const body = requestBody({ csr })
  return {
    async renew() {
      const { code, details, body: answer } = await client.unary(createCertificatePath, body, { timeoutMs: 10_000 })
      const [pem] = answer === undefined ? [] : certChainIn(answer)
      if (code !== 0 || pem === undefined) return { kind: 'refused', code, details }
      return { kind: 'issued', serialNumber: new X509Certificate(pem).serialNumber, pem }
    },
    close: () => client.close(),
  }
}
