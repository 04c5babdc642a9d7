/** Names of application protocols as ports carry them, in any case. */

/** Absent means: find out from the traffic. */
export const isProtocol = (text: string | undefined): boolean =>
  text === undefined || text === '' || known.has(text.toLowerCase())

export const isHttpProtocol = (text: string | undefined): boolean => http.has((text ?? '').toLowerCase())

/** What shows the host it is for in its first bytes, by SNI. */
export const isTlsProtocol = (text: string | undefined): boolean => tls.has((text ?? '').toLowerCase())

const http: ReadonlySet<string> = new Set(['http', 'http2', 'http_proxy', 'grpc', 'grpc-web'])
const tls: ReadonlySet<string> = new Set(['https', 'tls'])
const known: ReadonlySet<string> = new Set([...http, ...tls, 'tcp', 'udp', 'mongo', 'redis', 'mysql', 'hbone'])

export const protocolRemedy = `use one of ${[...known].map(name => name.toUpperCase()).join(', ')}, or leave it out`
