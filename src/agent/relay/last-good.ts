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
  /** Undefined when Envoy has never accepted a response of this type, an empty one included. */
  ofType(typeUrl: string): LastGoodType | undefined
  accept(typeUrl: string, change: AcceptedChange): void
  /** Forgets the names of a type that `isKept` does not want. */
  retain(typeUrl: string, isKept: (name: string) => boolean): void
  /** Writes what has not been written. */
  save(): void
}

export interface LastGoodType {
  /** By name, in the order of arrival. */
  readonly resources: ReadonlyMap<string, HeldResource>
  /** Names that Envoy asked for and was told do not exist. */
  readonly absent: ReadonlySet<string>
}

export interface AcceptedChange {
  readonly resources?: readonly HeldResource[]
  readonly removed?: Iterable<string>
  readonly absent?: Iterable<string>
}

interface Kept {
  readonly resources: Map<string, HeldResource>
  readonly absent: Set<string>
}

/** Changes come in bursts; the file is written when one is over, at the latest after a while. */
const quietMs = 500
const longestMs = 5_000

export function createLastGood(options: LastGoodOptions): LastGood {
  const { clock, log } = options
  const types = new Map<string, Kept>()
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

  const kept = (typeUrl: string): Kept => {
    const found = types.get(typeUrl) ?? { resources: new Map<string, HeldResource>(), absent: new Set<string>() }
    types.set(typeUrl, found)
    return found
  }

  return {
    async load() {
      const content = await readIfPresent(options.file)
      if (content === undefined) return
      try {
        readContent(content, options, kept)
      } catch (error) {
        types.clear()
        log.warn({ reason: (error as Error).message, file: options.file }, 'last good configuration not used')
      }
    },
    ofType: typeUrl => types.get(typeUrl),
    accept(typeUrl, { resources = [], removed = [], absent = [] }) {
      let isChange = !types.has(typeUrl)
      const type = kept(typeUrl)
      for (const resource of resources) {
        isChange = type.absent.delete(resource.name) || isChange
        if (type.resources.get(resource.name)?.version === resource.version && resource.version !== '') continue
        // A copy: the response that it came in may be big, and would be kept whole.
        type.resources.set(resource.name, { ...resource, bytes: Buffer.from(resource.bytes) })
        isChange = true
      }
      for (const name of removed) {
        isChange = type.resources.delete(name) || isChange
        isChange = type.absent.delete(name) || isChange
      }
      for (const name of absent) {
        if (type.absent.has(name)) continue
        type.absent.add(name)
        isChange = true
      }
      if (isChange) changed()
    },
    retain(typeUrl, isKept) {
      const type = types.get(typeUrl)
      if (type === undefined) return
      for (const names of [type.resources, type.absent]) {
        for (const name of names.keys()) if (!isKept(name) && names.delete(name)) changed()
      }
    },
    save,
  }
}

const format = 'meshwright last good xDS 1'

/**
 * One entry each: type 1, name 2, version 3, bytes 4. Without bytes the name is one that does not exist; without a name
 * the type was accepted.
 */
function fileContent(options: LastGoodOptions, types: ReadonlyMap<string, Kept>): Buffer {
  const pieces: Buffer[] = []
  for (const [typeUrl, { resources, absent }] of types) {
    const entry = (...parts: readonly Buffer[]): void => {
      pieces.push(lengthDelimited(1, Buffer.concat([lengthDelimited(1, Buffer.from(typeUrl)), ...parts])))
    }
    entry()
    for (const name of absent) entry(lengthDelimited(2, Buffer.from(name)))
    for (const { name, version, bytes } of resources.values()) {
      const texts = [lengthDelimited(2, Buffer.from(name)), lengthDelimited(3, Buffer.from(version))]
      entry(...texts, lengthDelimited(4, bytes))
    }
  }
  const body = Buffer.concat(pieces)
  const { variant, nodeId } = options
  const head = JSON.stringify({ format, variant, nodeId, sha256: sha256(body) })
  return Buffer.concat([Buffer.from(`${head}\n`), body])
}

function readContent(content: Buffer, options: LastGoodOptions, kept: (typeUrl: string) => Kept): void {
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
    const { resources, absent } = kept(text(1))
    const [, , name, , bytes] = parts
    if (bytes !== undefined) resources.set(text(2), { name: text(2), version: text(3), bytes })
    else if (name !== undefined) absent.add(text(2))
  }
}

function sha256(body: Buffer): string {
  return createHash('sha256').update(body).digest('hex')
}
