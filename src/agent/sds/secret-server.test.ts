import assert from 'node:assert/strict'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import * as grpc from '@grpc/grpc-js'
import { systemClock } from '../../platform/clock.ts'
import { lengthDelimited } from '../../platform/encoded-resource.ts'
import { silentLog } from '../../platform/log.ts'
import { spiffeIdOf } from '../../platform/spiffe.ts'
import { typeUrls } from '../../xds/type-rules.ts'
import { trustFromCertificate } from '../attend/mesh-trust.ts'
import type { WorkloadCertificate } from '../identity/workload-certificate.ts'
import { deltaRequest, parseDeltaResponse } from '../relay/delta-messages.ts'
import { parseSotwResponse, sotwRequest } from '../relay/sotw-messages.ts'
import { createSecretServer } from './secret-server.ts'

const certificate: WorkloadCertificate = {
  spiffeId: spiffeIdOf({ trustDomain: 'cluster.local', namespace: 'photo', serviceAccount: 'web' }),
  keyPem: 'the key',
  chainPem: 'the chain',
  rootsPem: 'the roots',
  serialNumber: '01',
  issuedAtMs: 0,
  notAfterMs: 1,
}

interface Client {
  send(body: Buffer): void
  next(): Promise<Buffer>
}

async function withSecrets(
  method: string,
  use: (client: Client, update: (next: WorkloadCertificate) => void, socketPath: string) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'meshwright-sds-'))
  const socketPath = path.join(folder, 'sds.sock')
  const server = createSecretServer({ socketPath, clock: systemClock, log: silentLog })
  const update = (next: WorkloadCertificate): void => server.update(next, trustFromCertificate(next))
  update(certificate)
  await server.start()
  const client = new grpc.Client(`unix:${socketPath}`, grpc.credentials.createInsecure())
  const asIs = (body: Buffer): Buffer => body
  const call = client.makeBidiStreamRequest(`/envoy.service.secret.v3.SecretDiscoveryService/${method}`, asIs, asIs)
  call.on('error', () => undefined)
  const arrived: Buffer[] = []
  let waiting: ((body: Buffer) => void) | undefined
  call.on('data', (body: Buffer) => {
    if (waiting === undefined) arrived.push(body)
    else waiting(body)
    waiting = undefined
  })
  const next = (): Promise<Buffer> =>
    new Promise(resolve => {
      const body = arrived.shift()
      if (body === undefined) waiting = resolve
      else resolve(body)
    })
  try {
    await use({ send: body => void call.write(body), next }, update, socketPath)
  } finally {
    call.cancel()
    client.close()
    await server.stop()
    await rm(folder, { recursive: true })
  }
}

const field = (number: number, text: string): Buffer => lengthDelimited(number, Buffer.from(text))
const typeUrl = typeUrls.secret

test('an incremental client gets the secret that it names, and a renewal at once', async () => {
  await withSecrets('DeltaSecrets', async ({ send, next }, update, socketPath) => {
    assert.equal((await stat(socketPath)).mode & 0o777, 0o600)
    send(Buffer.concat([lengthDelimited(1, field(1, 'node')), deltaRequest({ typeUrl, subscribe: ['default'] })]))
    const first = parseDeltaResponse(await next())
    assert.deepEqual(
      first.resources.map(({ name }) => name),
      ['default'],
    )
    send(Buffer.concat([deltaRequest({ typeUrl, subscribe: [] }), field(6, first.nonce)]))
    update({ ...certificate, chainPem: 'the renewed chain' })
    const second = parseDeltaResponse(await next())
    assert.ok(second.resources[0]?.bytes.includes('the renewed chain'))
    assert.ok(second.resources[0]?.bytes.includes('the key'))
  })
})

test('a client on state of the world gets the roots without the key', async () => {
  await withSecrets('StreamSecrets', async ({ send, next }) => {
    const request = sotwRequest({ typeUrl, version: '', nonce: '', names: ['ROOTCA'] })
    send(Buffer.concat([lengthDelimited(2, field(1, 'node')), request]))
    const { resources } = parseSotwResponse(await next())
    assert.deepEqual(
      resources.map(({ name }) => name),
      ['ROOTCA'],
    )
    assert.ok(resources[0]?.bytes.includes('the roots'))
    assert.ok(!resources[0]?.bytes.includes('the key'))
  })
})
