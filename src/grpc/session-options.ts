/** How `node:http2` is set up for a gRPC server: what it must bound before our code sees anything. */

import { constants, type ServerSessionOptions } from 'node:http2'
import type { GrpcLimits } from './server-options.ts'

/** The connection's receive window: one stream at a time may fill 256 KB of it. */
export const connectionWindowBytes = 1024 * 1024
const streamWindowBytes = 256 * 1024

export function sessionOptions(limits: GrpcLimits): ServerSessionOptions {
  return {
    settings: {
      maxConcurrentStreams: limits.maxConcurrentStreams,
      maxHeaderListSize: limits.maxHeaderListBytes,
      initialWindowSize: streamWindowBytes,
    },
    paddingStrategy: constants.PADDING_STRATEGY_NONE,
    streamResetBurst: limits.streamResets.burst,
    streamResetRate: limits.streamResets.perSecond,
    // In megabytes. Header tables and stream states count; the bodies that we send do not, the kernel queue does.
    maxSessionMemory: 64,
    maxSettings: 16,
    maxOutstandingPings: 4,
  }
}
