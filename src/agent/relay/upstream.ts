/** The daemon as the relay sees it: something that streams can be opened to, and that may be away. */

import type { CallStatus, ClientStream, StreamHandlers } from '../daemon/daemon-client.ts'

export interface Upstream {
  /** Never throws; a daemon that is away closes the stream. */
  open(path: string, handlers: StreamHandlers): ClientStream
}

/** The daemon has answered, and does not want this client: no outage that the last good configuration should bridge. */
export function isDefiniteRefusal(status: CallStatus): boolean {
  return ['PERMISSION_DENIED', 'UNAUTHENTICATED', 'INVALID_ARGUMENT'].includes(status.code)
}
