/**
 * Responses as the streams share them. A response is the bytes of one gRPC message and what must be remembered of it
 * until its ACK. Its nonce is a serial number: unique, and growing on every stream, however many streams it is sent to.
 */

import type { EncodedResource } from '../platform/encoded-resource.ts'
import type { Frame } from '../platform/rpc.ts'
import { spliceHead, spliceRemoved } from './splice.ts'
import type { XdsVariant } from './table-set.ts'

export interface XdsResponse {
  readonly frame: Frame
  readonly serial: number
  readonly nonce: string
  readonly versionInfo: string
  /** Names of the resources in it; several lists, because they are shared. */
  readonly names: readonly (readonly string[])[]
  readonly removed: readonly string[]
  readonly sizeBytes: number
}

/** A response of one part: its body can also be used as a part of a bigger response. */
export interface Page extends XdsResponse {
  /** The resources and removals without prefix and head. */
  readonly body: Buffer
}

export interface Content {
  readonly typeUrl: string
  readonly variant: XdsVariant
  readonly versionInfo: string
  readonly resources: readonly EncodedResource[]
  readonly removed: readonly string[]
}

/** Makes responses; counts what it made. One per server, so that serials never meet. */
export class ResponseBuilder {
  readonly #maxBytes: number
  /** By the first page, with which they go, and the serials of the others. */
  readonly #joins = new WeakMap<Page, Map<string, XdsResponse>>()
  #serial = 0
  framesBuilt = 0
  bytesBuilt = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /**
   * One page, or several when the content is bigger than a response may be or names more than `mostNames` (a single
   * resource is never split).
   */
  pages(content: Content, mostNames = Number.POSITIVE_INFINITY): Page[] {
    const pages: Page[] = []
    let resources: EncodedResource[] = []
    let size = 0
    for (const resource of content.resources) {
      const bytes = entryOf(content.variant, resource)
      if (size > 0 && (size + bytes.length > this.#maxBytes || resources.length >= mostNames)) {
        pages.push(this.#page({ ...content, resources, removed: [] }))
        resources = []
        size = 0
      }
      resources.push(resource)
      size += bytes.length
    }
    // A client may handle a removal far slower than an addition: bounded too.
    let removed = content.removed
    while (removed.length > mostRemovedAtOnce) {
      pages.push(this.#page({ ...content, resources, removed: removed.slice(0, mostRemovedAtOnce) }))
      resources = []
      removed = removed.slice(mostRemovedAtOnce)
    }
    pages.push(this.#page({ ...content, resources, removed }))
    return pages
  }

  /** The content in one response, whatever its size: a state of the world cannot be split. */
  whole(content: Content): Page {
    return this.#page(content)
  }

  /** Parts as one response when they fit, else as several. The bodies are shared; so is the head, by who gets the same. */
  join(typeUrl: string, parts: readonly (readonly Page[])[], limit: 'paged' | 'whole'): XdsResponse[] {
    const pages = parts.flat()
    const [only, ...others] = pages
    if (only !== undefined && others.length === 0) return [only]
    const bodyBytes = pages.reduce((sum, page) => sum + page.body.length, 0)
    const removedCount = pages.reduce((sum, page) => sum + page.removed.length, 0)
    if (limit === 'paged' && (bodyBytes > this.#maxBytes || removedCount > mostRemovedAtOnce)) return pages
    if (only === undefined) return [this.#joined(typeUrl, pages, bodyBytes)]
    const known = this.#joins.get(only) ?? new Map<string, XdsResponse>()
    const key = others.map(page => page.serial).join()
    const found = known.get(key)
    if (found !== undefined) return [found]
    const joined = this.#joined(typeUrl, pages, bodyBytes)
    if (known.size >= mostJoins) known.clear()
    this.#joins.set(only, known.set(key, joined))
    return [joined]
  }

  #joined(typeUrl: string, pages: readonly Page[], bodyBytes: number): XdsResponse {
    const nonce = this.#nextNonce()
    const versionInfo = pages.map(page => page.versionInfo).join('.')
    const head = spliceHead({ typeUrl, versionInfo, nonce: nonce.nonce }, bodyBytes)
    this.framesBuilt++
    this.bytesBuilt += head.length
    return {
      ...nonce,
      versionInfo,
      frame: [head, ...pages.map(page => page.body)],
      names: pages.flatMap(page => page.names),
      removed: pages.flatMap(page => page.removed),
      sizeBytes: head.length + bodyBytes,
    }
  }

  /**
   * The same response under a new nonce: for a stream that has seen a higher serial, where this nonce may be an old one.
   */
  renew(typeUrl: string, response: XdsResponse): XdsResponse {
    const nonce = this.#nextNonce()
    const body = 'body' in response ? [(response as Page).body] : response.frame.slice(1)
    const bodyBytes = body.reduce((sum, piece) => sum + piece.length, 0)
    const head = spliceHead({ typeUrl, versionInfo: response.versionInfo, nonce: nonce.nonce }, bodyBytes)
    this.framesBuilt++
    this.bytesBuilt += head.length
    return {
      ...nonce,
      versionInfo: response.versionInfo,
      names: response.names,
      removed: response.removed,
      frame: [head, ...body],
      sizeBytes: head.length + bodyBytes,
    }
  }

  #page({ typeUrl, variant, versionInfo, resources, removed }: Content): Page {
    const entries = resources.map(resource => entryOf(variant, resource))
    if (variant === 'delta') for (const name of removed) entries.push(spliceRemoved(name))
    const bodyBytes = entries.reduce((sum, entry) => sum + entry.length, 0)
    const nonce = this.#nextNonce()
    const head = spliceHead({ typeUrl, versionInfo, nonce: nonce.nonce }, bodyBytes)
    // One buffer, so that a stream makes one write of it; the body is a view into it.
    const bytes = Buffer.concat([head, ...entries], head.length + bodyBytes)
    this.framesBuilt++
    this.bytesBuilt += bytes.length
    return {
      ...nonce,
      versionInfo,
      frame: [bytes],
      body: bytes.subarray(head.length),
      names: [resources.map(resource => resource.name)],
      removed,
      sizeBytes: bytes.length,
    }
  }

  #nextNonce(): { serial: number; nonce: string } {
    const serial = ++this.#serial
    return { serial, nonce: serial.toString(36) }
  }
}

const mostRemovedAtOnce = 1000
/** Of one first page: it may stay while others come and go. */
const mostJoins = 1024

function entryOf(variant: XdsVariant, resource: EncodedResource): Buffer {
  return variant === 'delta' ? resource.wrapped : resource.any
}
