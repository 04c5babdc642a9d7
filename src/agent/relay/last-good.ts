/**
 * The last configuration that Envoy accepted, in memory and on disk: what an Envoy is served that starts while the daemon
 * is away. One file, replaced whole: a JSON line that says whose it is, then type by type the resources as they were sent.
 */

import { createHash } from 'node:crypto'
import type { Clock, Timer } from '../../platform/clock.ts'
import { lengthDelimited } from '../../platform/encoded-resource.ts'
import { writeFileAtomically } from '../../platform/files.ts'
import type { Log } from '../../platform/log.ts'
import type { XdsVariant } from '../../xds/table-set.ts'
import { readIfPresent } from '../state/read-if-present.ts'
import { wireFields } from '../wire-fields.ts'
import type { HeldResource } from './delta-messages.ts'

export interface LastGoodOptions {
  readonly file: string
  /** Both must be those of the file, or it is ignored: the bytes differ by variant, the content by node. */
  readonly variant: XdsVariant
  readonly nodeId: string
  readonly clock: Clock
  readonly log: Log
}

export interface LastGood {
  /** Reads the file. One that is missing, damaged or of another node is as if empty. */
  load(): Promise<void>
  /** By name, in the order of arrival. */
  resources(typeUrl: string): ReadonlyMap<string, HeldResource>
  accept(typeUrl: string, resources: readonly HeldResource[], removed: Iterable<string>): void
  /** Forgets the names of a type that `isKept` does not want. */
  retain(typeUrl: string, isKept: (name: string) => boolean): void
  /** Writes what has not been written. */
  save(): void
}

/** Changes come in bursts; the file is written when one is over, at the latest after a while. */
const quietMs = 500
const longestMs = 5_000

export function createLastGood(options: LastGoodOptions): LastGood {
  const { clock, log } = options
  const types = new Map<string, Map<string, HeldResource>>()
  let timer: Timer | undefined
  let dirtySinceMs: number | undefined

  const save = (): void => {
    timer?.cancel()
    if (dirtySinceMs === undefined) return
    dirtySinceMs = undefined
    try {
      writeFileAtomically(options.file, fileContent(options, types), 0o600)
    } catch (error) {
      log.warn({ err: error, file: options.file }, 'last good configuration not written')
    }
  }

  const changed = (): void => {
    const nowMs = clock.monotonicMs()
    dirtySinceMs ??= nowMs
    timer?.cancel()
    timer = clock.after(Math.min(quietMs, dirtySinceMs + longestMs - nowMs), save)
  }

  const ofType = (typeUrl: string): Map<string, HeldResource> => {
    const found = types.get(typeUrl) ?? new Map<string, HeldResource>()
    types.set(typeUrl, found)
    return found
  }

  return {
    async load() {
      const content = await readIfPresent(options.file)
      if (content === undefined) return
      try {
        readContent(content, options, (typeUrl, resource) => ofType(typeUrl).set(resource.name, resource))
      } catch (error) {
        types.clear()
        log.warn({ reason: (error as Error).message, file: options.file }, 'last good configuration not used')
      }
    },
    resources: typeUrl => types.get(typeUrl) ?? new Map(),
    accept(typeUrl, resources, removed) {
      const held = ofType(typeUrl)
      let isChange = false
      for (const resource of resources) {
        if (held.get(resource.name)?.version === resource.version && resource.version !== '') continue
        // A copy: the response that it came in may be big, and would be kept whole.
        held.set(resource.name, { ...resource, bytes: Buffer.from(resource.bytes) })
        isChange = true
      }
      for (const name of removed) isChange = held.delete(name) || isChange
      if (isChange) changed()
    },
    retain(typeUrl, isKept) {
      const held = types.get(typeUrl)
      for (const name of held?.keys() ?? []) if (!isKept(name) && held?.delete(name)) changed()
    },
    save,
  }
}

const format = 'meshwright last good xDS 1'

function fileContent(options: LastGoodOptions, types: ReadonlyMap<string, ReadonlyMap<string, HeldResource>>): Buffer {
  const pieces: Buffer[] = []
  for (const [typeUrl, resources] of types) {
    for (const { name, version, bytes } of resources.values()) {
      const entry = [lengthDelimited(1, Buffer.from(typeUrl)), lengthDelimited(2, Buffer.from(name))]
      entry.push(lengthDelimited(3, Buffer.from(version)), lengthDelimited(4, bytes))
      pieces.push(lengthDelimited(1, Buffer.concat(entry)))
    }
  }
  const body = Buffer.concat(pieces)
  const { variant, nodeId } = options
  const head = JSON.stringify({ format, variant, nodeId, sha256: sha256(body) })
  return Buffer.concat([Buffer.from(`${head}\n`), body])
}

function readContent(
  content: Buffer,
  options: LastGoodOptions,
  take: (typeUrl: string, resource: HeldResource) => void,
): void {
  const end = content.indexOf('\n')
  const head = JSON.parse(content.subarray(0, Math.max(0, end)).toString('utf8')) as Record<string, unknown>
  const body = content.subarray(end + 1)
  if (head.format !== format) throw new Error('it is of another format')
  if (head.sha256 !== sha256(body)) throw new Error('it is damaged')
  if (head.variant !== options.variant || head.nodeId !== options.nodeId) throw new Error('it is of another node')
  for (const entry of wireFields(body)) {
    const parts: Buffer[] = []
    for (const { field, bytes } of wireFields(entry.bytes)) parts[field] = bytes
    const text = (field: number): string => parts[field]?.toString('utf8') ?? ''
    take(text(1), { name: text(2), version: text(3), bytes: parts[4] ?? Buffer.alloc(0) })
  }
}

function sha256(body: Buffer): string {
  return createHash('sha256').update(body).digest('hex')
}
