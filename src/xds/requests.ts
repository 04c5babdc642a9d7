/** Requests of both variants, decoded into one shape, with every limit checked before anything is kept. */

import type protobuf from 'protobufjs'
import { MeshwrightError } from '../platform/errors.ts'
import { loadProtos } from '../platform/protobuf.ts'
import { ExtensionLists } from './extension-lists.ts'
import { RecentRequests } from './recent-requests.ts'
import type { NodeIdentity, XdsVariant } from './table-set.ts'

export interface XdsRequest {
  readonly typeUrl: string
  /** Present when the client sent one; only the first of a stream counts. */
  readonly node: Uint8Array | undefined
  readonly nonce: string
  /** Present: the response of this nonce was refused. */
  readonly error: string | undefined
  /** State of the world: the whole list. Delta: names added. */
  readonly names: readonly string[]
  /** Delta only. */
  readonly unsubscribe: readonly string[]
  /** Delta only: what the client holds from an earlier stream. */
  readonly initialVersions: ReadonlyMap<string, string>
}

export interface RequestLimits {
  /** Names in one request, and in one subscription. */
  readonly names: number
  /** UTF-8 bytes of a name or a type URL. */
  readonly nameBytes: number
  readonly nodeBytes: number
  readonly typesPerStream: number
}

export const defaultRequestLimits: RequestLimits = {
  names: 100_000,
  nameBytes: 4096,
  nodeBytes: 256 * 1024,
  typesPerStream: 64,
}

export type RequestDecoder = (body: Uint8Array) => XdsRequest

/** Errors: XDS_REQUEST_INVALID for what does not decode or is over a limit. */
export function requestDecoder(variant: XdsVariant, limits: RequestLimits): RequestDecoder {
  const type = messageType(variant === 'delta' ? 'DeltaRequest' : 'SotwRequest')
  const recent = new RecentRequests()
  return body => recent.get(body, () => decodeRequest(body))

  function decodeRequest(body: Uint8Array): XdsRequest {
    const message = decode(type, body) as unknown as RequestMessage // the fields declared in requests.proto
    const names = variant === 'delta' ? message.resourceNamesSubscribe : message.resourceNames
    const unsubscribe = variant === 'delta' ? message.resourceNamesUnsubscribe : []
    const initial = variant === 'delta' ? Object.entries(message.initialResourceVersions) : []
    if (names.length + unsubscribe.length > limits.names || initial.length > limits.names) {
      throw invalid(`the request lists more than ${limits.names} resources`)
    }
    for (const name of names) checkName(name, limits)
    for (const name of unsubscribe) checkName(name, limits)
    for (const [name, version] of initial) {
      checkName(name, limits)
      checkName(version, limits)
    }
    checkName(message.typeUrl, limits)
    if (message.node.length > limits.nodeBytes) throw invalid(`the node is larger than ${limits.nodeBytes} bytes`)
    return {
      typeUrl: message.typeUrl,
      node: message.node.length === 0 ? undefined : message.node,
      nonce: message.responseNonce,
      error: message.errorDetail === null ? undefined : message.errorDetail.message.slice(0, longestErrorChars),
      names,
      unsubscribe,
      initialVersions: new Map(initial),
    }
  }
}

/** Errors: XDS_REQUEST_INVALID. */
export function decodeNode(bytes: Uint8Array): NodeIdentity {
  const parts = extensionLists.part(bytes, run => extensionNames(decodeNodeMessage(run)))
  const node = decodeNodeMessage(parts?.rest ?? bytes)
  const version = node.userAgentBuildVersion?.version
  return {
    id: node.id,
    cluster: node.cluster,
    metadata: plainStruct(node.metadata),
    ...(node.locality === null ? {} : { locality: { ...localityOf(node.locality) } }),
    userAgentName: node.userAgentName,
    userAgentVersion:
      version === undefined || version === null
        ? node.userAgentVersion
        : `${version.majorNumber}.${version.minorNumber}.${version.patch}`,
    extensions:
      parts === undefined || node.extensions.length > 0
        ? [...(parts?.extensions ?? []), ...extensionNames(node)]
        : parts.extensions,
  }
}

/** Of every server of the process: Envoys of one build are the same to all. */
const extensionLists = new ExtensionLists()

function decodeNodeMessage(bytes: Uint8Array): NodeMessage {
  return decode(messageType('Node'), bytes) as unknown as NodeMessage // the fields declared in requests.proto
}

function extensionNames({ extensions }: NodeMessage): readonly string[] {
  return extensions.map(extension => extension.name)
}

/** A client's error text is kept per stream and shown: long enough to read, too short to fill memory. */
const longestErrorChars = 8192

interface RequestMessage {
  typeUrl: string
  node: Uint8Array
  responseNonce: string
  errorDetail: { message: string } | null
  resourceNames: string[]
  resourceNamesSubscribe: string[]
  resourceNamesUnsubscribe: string[]
  initialResourceVersions: Record<string, string>
}

interface NodeMessage {
  id: string
  cluster: string
  metadata: StructMessage | null
  locality: { region: string; zone: string; subZone: string } | null
  userAgentName: string
  userAgentVersion: string
  userAgentBuildVersion: { version: { majorNumber: number; minorNumber: number; patch: number } | null } | null
  extensions: { name: string }[]
}

interface StructMessage {
  fields: Record<string, ValueMessage>
}

interface ValueMessage {
  kind?: string
  numberValue?: number
  stringValue?: string
  boolValue?: boolean
  structValue?: StructMessage
  listValue?: { values: ValueMessage[] }
}

let root: protobuf.Root | undefined

function messageType(name: string): protobuf.Type {
  root ??= loadProtos(['meshwright/xds/requests.proto'])
  return root.lookupType(`meshwright.xds.${name}`)
}

function decode(type: protobuf.Type, body: Uint8Array): protobuf.Message {
  try {
    return type.decode(body)
  } catch (cause) {
    // Includes the stack overflow of a message nested too deeply.
    throw new MeshwrightError('XDS_REQUEST_INVALID', { message: 'the request does not decode', cause })
  }
}

function invalid(message: string): MeshwrightError {
  return new MeshwrightError('XDS_REQUEST_INVALID', { message })
}

function checkName(name: string, limits: RequestLimits): void {
  // A UTF-16 unit is at most 3 bytes of UTF-8, so short names need no counting.
  if (name.length * 3 <= limits.nameBytes) return
  if (Buffer.byteLength(name) > limits.nameBytes) throw invalid(`a name is longer than ${limits.nameBytes} bytes`)
}

function localityOf({ region, zone, subZone }: { region: string; zone: string; subZone: string }) {
  return { region, zone, subZone }
}

const deepestStruct = 32

function plainStruct(struct: StructMessage | null, depth = 0): Readonly<Record<string, unknown>> {
  if (struct === null) return {}
  if (depth > deepestStruct) throw invalid(`the node's metadata is nested deeper than ${deepestStruct}`)
  // Own properties of an object without a prototype: a key `__proto__` is a key.
  const plain: Record<string, unknown> = Object.create(null)
  for (const [key, value] of Object.entries(struct.fields)) plain[key] = plainValue(value, depth + 1)
  return plain
}

function plainValue(value: ValueMessage, depth: number): unknown {
  switch (value.kind) {
    case 'numberValue':
      return value.numberValue
    case 'stringValue':
      return value.stringValue
    case 'boolValue':
      return value.boolValue
    case 'structValue':
      return plainStruct(value.structValue ?? null, depth)
    case 'listValue':
      if (depth > deepestStruct) throw invalid(`the node's metadata is nested deeper than ${deepestStruct}`)
      return (value.listValue?.values ?? []).map(item => plainValue(item, depth + 1))
    default:
      return undefined
  }
}
