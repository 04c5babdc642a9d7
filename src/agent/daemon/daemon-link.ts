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
  let client: DaemonClient | undefined

  const forget = (which: DaemonClient | undefined): void => {
    which?.close()
    if (client === which) client = undefined
  }

  return {
    use(identity) {
      material = identity
      forget(client)
    },
    open(path, handlers) {
      if (material === undefined) throw new Error('no certificate to connect with')
      client ??= createDaemonClient(endpoint, material.rootsPem, material)
      const used = client
      return used.stream(path, {
        onMessage: body => handlers.onMessage(body),
        onClose(status) {
          // The stream may have ended alone, but whether its connection still works is not known.
          forget(used)
          handlers.onClose(status)
        },
      })
    },
    close: () => forget(client),
  }
}
