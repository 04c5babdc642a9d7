/**
 * Many agents in a process of their own, each with one mutual TLS connection and two streams on it, in the real protocol:
 * delta xDS, acknowledged as an Envoy would, and Attend, where the trust is reported as applied when it comes. Prints
 * `attending` when each has had both. `node attending-process.ts PORT COUNT CERTIFICATE-FOLDER`.
 */

import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import http2, { type ClientHttp2Stream } from 'node:http2'
import path from 'node:path'
import type protobuf from 'protobufjs'
import { attendPath, decodeOrder, encodeReport } from '../../src/agent/attend/attend-messages.ts'
import { loadProtos } from '../../src/platform/protobuf.ts'
import { frameOf } from '../../src/platform/rpc.ts'

const [, , port = '', count = '', folder = ''] = process.argv
const [cert, key, ca] = ['cert-chain.pem', 'key.pem', 'root-cert.pem'].map(name =>
  readFileSync(path.join(folder, name)),
)
const { serialNumber, validToDate } = new X509Certificate(cert ?? '')

const root = loadProtos(['envoy/service/discovery/v3/discovery.proto'])
const requestType = root.lookupType('envoy.service.discovery.v3.DeltaDiscoveryRequest')
const responseType = root.lookupType('envoy.service.discovery.v3.DeltaDiscoveryResponse')
const adsPath = '/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources'

const prefix = 'type.googleapis.com/envoy.'
const types = {
  clusters: `${prefix}config.cluster.v3.Cluster`,
  endpoints: `${prefix}config.endpoint.v3.ClusterLoadAssignment`,
  listeners: `${prefix}config.listener.v3.Listener`,
  filters: `${prefix}config.core.v3.TypedExtensionConfig`,
}

interface DeltaResponse extends protobuf.Message {
  readonly typeUrl: string
  readonly nonce: string
  readonly resources: readonly { readonly name: string }[]
}

/** Calls `each` for every message of a stream. */
function readMessages(stream: ClientHttp2Stream, each: (body: Buffer) => void): void {
  let rest: Buffer = Buffer.alloc(0)
  stream.on('data', (chunk: Buffer) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    while (rest.length >= 5 && rest.length >= 5 + rest.readUInt32BE(1)) {
      const end = 5 + rest.readUInt32BE(1)
      each(rest.subarray(5, end))
      rest = rest.subarray(end)
    }
  })
}

function attend(index: number, isThere: () => void): void {
  const session = http2.connect(`https://127.0.0.1:${port}`, {
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(ca === undefined ? {} : { ca }),
    servername: 'localhost',
  })
  const open = (call: string): ClientHttp2Stream => {
    const headers = { ':method': 'POST', ':path': call, 'content-type': 'application/grpc', te: 'trailers' }
    const stream = session.request(headers)
    stream.on('error', () => undefined)
    return stream
  }
  const send = (stream: ClientHttp2Stream, body: Uint8Array): void => {
    for (const piece of frameOf(body)) stream.write(piece)
  }
  const ip = `10.9.${index >> 8}.${index & 255}`
  const nodeId = `sidecar~${ip}~agent-${index}.test~test.svc.cluster.local`
  const due = new Set(['trust', types.clusters, types.listeners, types.filters])
  const had = (what: string): void => {
    if (due.delete(what) && due.size === 0) isThere()
  }

  const xds = open(adsPath)
  const request = (plain: Record<string, unknown>): void =>
    send(xds, requestType.encode(requestType.fromObject(plain)).finish())
  readMessages(xds, body => {
    const { typeUrl, nonce, resources } = responseType.decode(body) as DeltaResponse
    request({ typeUrl, responseNonce: nonce })
    had(typeUrl)
    if (typeUrl !== types.clusters) return
    request({ typeUrl: types.endpoints, resourceNamesSubscribe: resources.map(({ name }) => name) })
  })
  request({
    node: { id: nodeId, metadata: { fields: { INSTANCE_IPS: { stringValue: ip } } } },
    typeUrl: types.clusters,
  })
  request({ typeUrl: types.listeners })
  request({ typeUrl: types.filters, resourceNamesSubscribe: ['revocation-http', 'revocation-tcp'] })

  const attending = open(attendPath)
  const report = (appliedTrustGeneration: number): void => {
    const certificate = { serialNumber, notAfterMs: validToDate.getTime(), rootFingerprint: '', keyFingerprint: '' }
    const facts = {
      nodeId,
      instanceId: `${index}`,
      version: 'bench',
      checkpoint: undefined,
      fault: '',
      kept: Buffer.alloc(0),
      recalled: undefined,
      logComplaint: undefined,
    }
    send(attending, encodeReport({ ...facts, appliedTrustGeneration, certificate }))
  }
  readMessages(attending, body => {
    const { trust } = decodeOrder(body)
    if (trust === undefined) return
    report(trust.generation)
    had('trust')
  })
  report(0)
  session.on('error', error => {
    process.stderr.write(`agent ${index}: ${error.message}\n`)
    process.exitCode = 1
  })
}

let left = Number(count)
for (let index = 0; index < Number(count); index += 1) {
  attend(index, () => {
    left -= 1
    if (left === 0) process.stdout.write('attending\n')
  })
}
