/** What looks at a connection before a filter chain is chosen. */

import { any, type Plain } from '../envoy-messages.ts'
import { wrapped } from '../well-known.ts'

const filters = 'envoy.extensions.filters.listener'

export const originalDestination = (): Plain => ({
  name: 'envoy.filters.listener.original_dst',
  typedConfig: any(`${filters}.original_dst.v3.OriginalDst`, {}),
})

/** Calls the application from the client's own address; the mark is the one that the capture rules let pass. */
export const originalSource = (): Plain => ({
  name: 'envoy.filters.listener.original_src',
  typedConfig: any(`${filters}.original_src.v3.OriginalSrc`, { mark: 1337 }),
})

/** `except`: destination ports where nothing has to be known, so that not a byte is waited for. */
export const tlsInspector = (except: readonly number[]): Plain => ({
  name: 'envoy.filters.listener.tls_inspector',
  typedConfig: any(`${filters}.tls_inspector.v3.TlsInspector`, { initialReadBufferSize: wrapped(512) }),
  ...disabledOn(except),
})

export const httpInspector = (except: readonly number[]): Plain => ({
  name: 'envoy.filters.listener.http_inspector',
  typedConfig: any(`${filters}.http_inspector.v3.HttpInspector`, {}),
  ...disabledOn(except),
})

function disabledOn(ports: readonly number[]): Plain {
  const rules = ports.map(port => ({ destinationPortRange: { start: port, end: port + 1 } }))
  if (rules.length === 0) return {}
  return { filterDisabled: rules.length === 1 ? rules[0] : { orMatch: { rules } } }
}
