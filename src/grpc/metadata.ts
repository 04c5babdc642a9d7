/**
 * Header fields to call metadata and back. The value of a key that ends in `-bin` is base64 text on both sides: padded
 * when a handler reads it, with or without padding when a handler sends it.
 */

import type { OutgoingHttpHeaders } from 'node:http2'
import type { RpcMetadata } from '../platform/rpc.ts'

/** `rawHeaders`: names and values in turn, as `node:http2` hands them over. `undefined` when a `-bin` value is not base64. */
export function metadataFromHeaders(rawHeaders: readonly string[]): RpcMetadata | undefined {
  const metadata: Record<string, string> = Object.create(null)
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] ?? ''
    if (isOfTransport(name)) continue
    const value = name.endsWith('-bin') ? canonicalBase64(rawHeaders[i + 1] ?? '') : rawHeaders[i + 1]
    if (value === undefined) return undefined
    const earlier = metadata[name]
    metadata[name] = earlier === undefined ? value : `${earlier},${value}`
  }
  return metadata
}

/** Throws `TypeError` for a name or value that a field cannot hold: a fault of the handler. */
export function headersFromMetadata(metadata: RpcMetadata): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = {}
  for (const [name, value] of Object.entries(metadata)) {
    if (!/^[a-z0-9_.-]+$/.test(name) || isOfTransport(name)) throw new TypeError(`not a metadata name: ${name}`)
    if (!/^[\x20-\x7e]*$/.test(value)) throw new TypeError(`metadata ${name} is not printable ASCII`)
    if (name.endsWith('-bin') && canonicalBase64(value) === undefined) throw new TypeError(`${name} is not base64`)
    headers[name] = value.trim()
  }
  return headers
}

function isOfTransport(name: string): boolean {
  return name.startsWith(':') || name.startsWith('grpc-') || transportFields.has(name)
}

const transportFields: ReadonlySet<string> = new Set(['content-type', 'content-length', 'te', 'host', 'connection'])

function canonicalBase64(list: string): string | undefined {
  const values: string[] = []
  for (const part of list.split(',')) {
    const text = part.trim().replace(/={1,2}$/, '')
    if (!/^[A-Za-z0-9+/]*$/.test(text) || text.length % 4 === 1) return undefined
    values.push(Buffer.from(text, 'base64').toString('base64'))
  }
  return values.join(',')
}
