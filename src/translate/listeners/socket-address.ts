/** `envoy.config.core.v3.Address` of a listener. */

import type { Plain } from '../envoy-messages.ts'

/** `address`: an IP address, or with port 0 the path of a Unix socket. */
export const listenerAddress = (address: string, port: number): Plain =>
  port === 0 ? { pipe: { path: address } } : { socketAddress: { address, portValue: port } }
