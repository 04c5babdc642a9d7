/**
 * The two ends of a relay for its tests: a daemon that is the real xDS server over a table, reached through queues that a
 * test empties, and an Envoy that keeps what it is sent by the rules of the incremental variant.
 */

import type { Clock } from '../../platform/clock.ts'
import { encodedResource, lengthDelimited } from '../../platform/encoded-resource.ts'
import { silentLog } from '../../platform/log.ts'
import type { Duplex, Frame } from '../../platform/rpc.ts'
import { type AdsServer, createAdsServer } from '../../xds/ads-server.ts'
import type { ResourceTable } from '../../xds/resource-table.ts'
import { createResourceTable } from '../../xds/table.ts'
import type { StreamHandlers } from '../daemon/daemon-client.ts'
import { deltaRequest, parseDeltaResponse } from '../relay/delta-messages.ts'
import type { Upstream } from '../relay/upstream.ts'

interface Handlers {
  message: (body: Uint8Array) => void
  halfClose: () => void
  close: () => void
}

/** A server's end of a stream; `sent` receives what the server sends. */
export function memoryDuplex(
  sent: (body: Buffer) => void,
  closed: () => void,
): Duplex & { readonly handlers: Handlers } {
  const handlers: Handlers = { message: () => undefined, halfClose: () => undefined, close: () => undefined }
  return {
    handlers,
    peer: { transport: 'local', address: 'memory' },
    metadata: {},
    send(frame: Frame) {
      sent(Buffer.concat(frame).subarray(5))
      return true
    },
    onMessage: handler => {
      handlers.message = handler
    },
    onDrain: () => undefined,
    onHalfClose: handler => {
      handlers.halfClose = handler
    },
    onClose: handler => {
      handlers.close = handler
    },
    close: closed,
  }
}

export interface TestDaemon {
  readonly upstream: Upstream
  /** What streams have been opened with, requests in order; for looking at. */
  readonly received: Buffer[][]
  table(typeUrl: string): ResourceTable
  /** Content for a resource; undefined: removed. */
  put(typeUrl: string, name: string, content: string | undefined): void
  /** Hands over one message in each direction of the stream; false when there was none. */
  deliver(): boolean
  /** Ends the stream, what is in flight is lost; the next one meets a new server with the same tables. */
  restart(): void
  /** While it is down, opened streams end at the next `deliver`. */
  setUp(isUp: boolean): void
  readonly server: AdsServer
}

export function createTestDaemon(clock: Clock): TestDaemon {
  const tables = new Map<string, ResourceTable>()
  const received: Buffer[][] = []
  let server = newServer()
  let isUp = true
  let link:
    | {
        toServer: Buffer[]
        toRelay: Buffer[]
        handlers: StreamHandlers
        server: ReturnType<typeof memoryDuplex> | undefined
      }
    | undefined

  function newServer(): AdsServer {
    const tableSet = {
      tables: (typeUrl: string) => [table(typeUrl)],
      onReplaced: () => undefined,
      close: () => undefined,
    }
    return createAdsServer({ directory: { admit: () => tableSet }, log: silentLog, clock, settleMs: 0 })
  }

  function table(typeUrl: string): ResourceTable {
    const found = tables.get(typeUrl) ?? createResourceTable(typeUrl)
    tables.set(typeUrl, found)
    return found
  }

  const end = (message: string): void => {
    const ended = link
    link = undefined
    ended?.server?.handlers.close()
    ended?.handlers.onClose({ code: 'UNAVAILABLE', message })
  }

  return {
    received,
    table,
    get server() {
      return server
    },
    upstream: {
      open(path, handlers) {
        const opened: NonNullable<typeof link> = { toServer: [], toRelay: [], handlers, server: undefined }
        const requests: Buffer[] = []
        received.push(requests)
        if (isUp) {
          opened.server = memoryDuplex(
            body => opened.toRelay.push(body),
            () => end('closed by the server'),
          )
          const method = server.methods.find(each => each.path === path)
          if (method?.kind !== 'duplex') throw new Error(`no method ${path}`)
          method.handle(opened.server)
        }
        link = opened
        return {
          send(body) {
            requests.push(Buffer.from(body))
            opened.toServer.push(Buffer.from(body))
          },
          pause: () => undefined,
          resume: () => undefined,
          cancel: () => {
            if (link === opened) link = undefined
            opened.server?.handlers.close()
          },
        }
      },
    },
    put(typeUrl, name, content) {
      const resource = content === undefined ? undefined : encodedResource(typeUrl, name, testContent(name, content))
      table(typeUrl).apply([{ name, resource }])
      server.flush()
    },
    deliver() {
      const current = link
      if (current === undefined) return false
      if (current.server === undefined) {
        end('connection refused')
        return true
      }
      const request = current.toServer.shift()
      if (request !== undefined) current.server.handlers.message(request)
      const response = current.toRelay.shift()
      if (response !== undefined) current.handlers.onMessage(response)
      return request !== undefined || response !== undefined
    },
    restart() {
      end('killed')
      // Nonces begin anew, and meet those of the server before.
      server = newServer()
    },
    setUp(next) {
      isUp = next
      if (!next) end('killed')
    },
  }
}

/** Like every type of Envoy: the name is text in field 1. */
export function testContent(name: string, content: string): Buffer {
  return Buffer.concat([lengthDelimited(1, Buffer.from(name)), lengthDelimited(2, Buffer.from(content))])
}

export interface TestEnvoy {
  /** By type, by name: the version that it holds. */
  readonly state: Map<string, Map<string, string>>
  /** Versions that it refuses. */
  readonly refused: Set<string>
  subscribe(typeUrl: string, names: readonly string[]): void
  unsubscribe(typeUrl: string, names: readonly string[]): void
  /** Processes one response; false when there was none. */
  process(): boolean
  receive(body: Buffer): void
}

/** `send` takes its requests. */
export function createTestEnvoy(send: (body: Buffer) => void): TestEnvoy {
  const state = new Map<string, Map<string, string>>()
  const wanted = new Map<string, Set<string>>()
  const wildcards = new Set<string>()
  const refused = new Set<string>()
  const inbox: Buffer[] = []
  let isFirst = true

  const request = (body: Buffer): void => {
    send(isFirst ? Buffer.concat([lengthDelimited(1, lengthDelimited(1, Buffer.from('node-1'))), body]) : body)
    isFirst = false
  }

  return {
    state,
    refused,
    receive: body => inbox.push(body),
    subscribe(typeUrl, names) {
      const set = wanted.get(typeUrl) ?? new Set()
      if (!wanted.has(typeUrl) && names.length === 0) wildcards.add(typeUrl)
      wanted.set(typeUrl, set)
      for (const name of names) set.add(name)
      request(deltaRequest({ typeUrl, subscribe: names }))
    },
    unsubscribe(typeUrl, names) {
      for (const name of names) {
        wanted.get(typeUrl)?.delete(name)
        state.get(typeUrl)?.delete(name)
      }
      request(deltaRequest({ typeUrl, subscribe: [], unsubscribe: names }))
    },
    process() {
      const body = inbox.shift()
      if (body === undefined) return false
      const { typeUrl, nonce, resources, removed } = parseDeltaResponse(body)
      const held = state.get(typeUrl) ?? new Map<string, string>()
      state.set(typeUrl, held)
      const isWanted = (name: string): boolean => wildcards.has(typeUrl) || wanted.get(typeUrl)?.has(name) === true
      const isRefusal = resources.some(({ version }) => refused.has(version))
      for (const { name, version } of resources) {
        // Like Envoy's clusters: the good part of a refused response is kept.
        if (isWanted(name) && !refused.has(version)) held.set(name, version)
      }
      for (const name of removed) held.delete(name)
      const answer = [deltaRequest({ typeUrl, subscribe: [] }), lengthDelimited(6, Buffer.from(nonce))]
      if (isRefusal) answer.push(lengthDelimited(7, lengthDelimited(2, Buffer.from('refused'))))
      request(Buffer.concat(answer))
      return true
    },
  }
}
