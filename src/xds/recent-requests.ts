/**
 * Long requests that came lately, decoded. Clients of one facet ask for the same thousand names in the same bytes, on
 * joining and with every acknowledgement of a whole state: comparing bytes is a hundred times cheaper than decoding them,
 * and what is decoded once is kept once.
 */

import type { XdsRequest } from './requests.ts'

const shortestBytes = 1024
const longestBytes = 1024 * 1024
const most = 8

interface Entry {
  readonly body: Buffer
  readonly request: XdsRequest
}

export class RecentRequests {
  /** The latest first. */
  #entries: Entry[] = []

  /** The request of equal bytes, or what `decode` makes of them. A request with a node is never kept. */
  get(body: Uint8Array, decode: () => XdsRequest): XdsRequest {
    if (body.length < shortestBytes || body.length > longestBytes) return decode()
    const index = this.#entries.findIndex(entry => entry.body.equals(body))
    const [found] = index < 0 ? [] : this.#entries.splice(index, 1)
    if (found !== undefined) {
      this.#entries.unshift(found)
      return found.request
    }
    const request = decode()
    if (request.node === undefined)
      this.#entries = [{ body: Buffer.from(body), request }, ...this.#entries].slice(0, most)
    return request
  }
}
