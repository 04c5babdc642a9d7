/**
 * The agent's connection to the daemon: one, shared by all streams. A failed one is replaced by a fresh one, so that no
 * delay hidden in the library stands between a retry and the daemon's return; with a new certificate, streams that are
 * running keep the old connection and new ones get a new one.
 */

import type { Upstream } from '../relay/upstream.ts'
import { type ClientIdentity, createDaemonClient, type DaemonClient, type DaemonEndpoint } from './daemon-client.ts'

export interface DaemonLink extends Upstream {
  /** What connections are made with from now on. */
  use(identity: ClientIdentity & { readonly rootsPem: string }): void
  close(): void
}

export function createDaemonLink(endpoint: DaemonEndpoint): DaemonLink {
  let material: (ClientIdentity & { readonly rootsPem: string }) | undefined
  let current: Connection | undefined

  /** New streams get a new connection; this one closes with its last stream, for closing it would end them. */
  const retire = (connection: Connection | undefined): void => {
    if (current === connection) current = undefined
    if (connection?.streams === 0) connection.client.close()
  }

  return {
    use(identity) {
      const { chainPem, keyPem, rootsPem } = identity
      if (material?.chainPem === chainPem && material.keyPem === keyPem && material.rootsPem === rootsPem) return
      material = { chainPem, keyPem, rootsPem }
      retire(current)
    },
    open(path, handlers) {
      if (material === undefined) throw new Error('no certificate to connect with')
      current ??= { client: createDaemonClient(endpoint, material.rootsPem, material), streams: 0 }
      const connection = current
      connection.streams += 1
      const ended = (): void => {
        connection.streams -= 1
        // The stream may have ended alone, but whether its connection still works is not known.
        retire(connection)
      }
      const stream = connection.client.stream(path, {
        onMessage: body => handlers.onMessage(body),
        onClose(status) {
          ended()
          handlers.onClose(status)
        },
      })
      return {
        ...stream,
        cancel() {
          stream.cancel()
          ended()
        },
      }
    },
    close: () => retire(current),
  }
}

interface Connection {
  readonly client: DaemonClient
  streams: number
}
