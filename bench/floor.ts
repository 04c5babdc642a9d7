/**
 * What it costs to hand ready bytes to many streams: bare node:http2 against our server, plaintext and TLS with client
 * certificates. `node bench/floor.ts [--streams 1000]`. The sizes are those of a proxy that joins a mesh of 1,000 services.
 */

import { parseArgs } from 'node:util'
import { createTestAuthority } from '../src/grpc/testing/test-authority.ts'
import { fanOutHead, fanOutRow, measureFloor } from './support/fan-out.ts'
import { formatTable } from './support/table.ts'

const { values } = parseArgs({ options: { streams: { type: 'string', default: '1000' } } })
const streams = Number(values.streams)
/** Clusters, endpoints, listeners, routes. */
const messageBytes = [800_000, 300_000, 300_000, 500_000]

const authority = await createTestAuthority('bench')
const own = await authority.leaf({ dns: ['localhost'] })
const client = await authority.leaf({ uris: ['spiffe://cluster.local/ns/bench/sa/proxy'] })
const secured = {
  server: { chainPem: own.certPem, keyPem: own.keyPem, trustPem: authority.rootPem },
  clients: [{ rootPem: authority.rootPem, ...client }],
}

const rows: string[][] = []
for (const tls of [undefined, secured]) {
  for (const variant of ['bare', 'ours'] as const) {
    const name = `${variant === 'bare' ? 'bare node:http2' : 'src/grpc'}, ${tls === undefined ? 'plaintext' : 'TLS'}`
    rows.push(fanOutRow(name, await measureFloor({ variant, streams, messageBytes, requestBytes: 100, tls })))
  }
}
process.stdout.write(`${streams} streams, Node ${process.version}\n\n${formatTable(fanOutHead, rows)}\n`)
