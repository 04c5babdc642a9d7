/**
 * As much of a delta xDS client as a bench needs: finds type and nonce in a response of any size without keeping it, and
 * writes the ACK. Field numbers after envoy/service/discovery/v3/discovery.proto.
 */

import { lengthDelimited } from '../../src/platform/encoded-resource.ts'
import { frameOf } from '../../src/platform/rpc.ts'

export interface DeltaResponseHead {
  readonly typeUrl: string
  readonly nonce: string
}

/** Feed it the bytes of a gRPC stream in any chunks. */
export class DeltaResponseScanner {
  readonly #onResponse: (head: DeltaResponseHead) => void
  readonly #captured = new Map<number, Buffer[]>()
  /** Bytes of the current message that have not come yet. */
  #left = 0
  #prefixBytes = 0
  #state: 'tag' | 'length' | 'value' | 'varint' = 'tag'
  #number = 0
  #shift = 1
  #field = 0

  constructor(onResponse: (head: DeltaResponseHead) => void) {
    this.#onResponse = onResponse
  }

  push(chunk: Buffer): void {
    let at = 0
    while (at < chunk.length) {
      if (this.#prefixBytes < 5) {
        if (this.#prefixBytes > 0) this.#left = this.#left * 256 + (chunk[at] ?? 0)
        this.#prefixBytes += 1
        at += 1
      } else if (this.#state === 'value') {
        const takes = Math.min(this.#number, chunk.length - at)
        this.#captured.get(this.#field)?.push(Buffer.from(chunk.subarray(at, at + takes)))
        at += takes
        this.#left -= takes
        this.#number -= takes
        if (this.#number === 0) this.#next('tag')
      } else {
        this.#takeVarintByte(chunk[at] ?? 0)
        at += 1
        this.#left -= 1
      }
      if (this.#prefixBytes === 5 && this.#left === 0) this.#finish()
    }
  }

  #takeVarintByte(byte: number): void {
    this.#number += (byte & 0x7f) * this.#shift
    this.#shift *= 128
    if (byte >= 0x80) return
    if (this.#state === 'tag') this.#takeTag(this.#number)
    else if (this.#state === 'varint' || this.#number === 0) this.#next('tag')
    else this.#state = 'value'
  }

  #takeTag(tag: number): void {
    this.#field = Math.floor(tag / 8)
    const wireType = tag % 8
    if (wireType !== 0 && wireType !== 2) throw new Error(`wire type ${wireType} in field ${this.#field} of a response`)
    if (capturedFields.has(this.#field)) this.#captured.set(this.#field, [])
    this.#next(wireType === 0 ? 'varint' : 'length')
  }

  #next(state: 'tag' | 'length' | 'varint'): void {
    this.#state = state
    this.#number = 0
    this.#shift = 1
  }

  #finish(): void {
    const text = (field: number): string => Buffer.concat(this.#captured.get(field) ?? []).toString()
    this.#onResponse({ typeUrl: text(typeUrlField), nonce: text(nonceField) })
    this.#captured.clear()
    this.#prefixBytes = 0
    this.#left = 0
    this.#next('tag')
  }
}

const typeUrlField = 4
const nonceField = 5
const capturedFields: ReadonlySet<number> = new Set([typeUrlField, nonceField])

/** A DeltaDiscoveryRequest that accepts, framed. */
export function deltaAck({ typeUrl, nonce }: DeltaResponseHead): Buffer {
  const body = Buffer.concat([lengthDelimited(2, Buffer.from(typeUrl)), lengthDelimited(6, Buffer.from(nonce))])
  return Buffer.concat([...frameOf(body)])
}
