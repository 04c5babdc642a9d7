/**
 * The field `x-forwarded-client-cert` as Envoy writes it: elements with commas between, each `Key=Value` pairs with
 * semicolons between; a value may be quoted, with `\"` for a quote in it. Keys have no case.
 * https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_conn_man/headers#x-forwarded-client-cert
 */

export interface ForwardedCertificate {
  readonly uris: readonly string[]
  /** SHA-256 of the certificate, lower-case hexadecimal; '' when it is not told. */
  readonly hash: string
}

/** `undefined` for what Envoy would not write. Cost O(length): each character is looked at once. */
export function parseForwardedCertificates(field: string): readonly ForwardedCertificate[] | undefined {
  if (field.length > longestField) return undefined
  const pair = /\s*([A-Za-z]+)=(?:"((?:[^"\\]|\\.)*)"|([^",;]*))([;,]|$)/y
  const elements: ForwardedCertificate[] = []
  let pairs: [key: string, value: string][] = []
  while (pair.lastIndex < field.length) {
    const [, key, quoted, plain, end] = pair.exec(field) ?? []
    if (key === undefined) return undefined
    pairs.push([key.toLowerCase(), quoted?.replace(/\\(.)/g, '$1') ?? plain ?? ''])
    if (end === ';') continue
    const element = elementFrom(pairs)
    if (element === undefined) return undefined
    elements.push(element)
    pairs = []
  }
  // What ends in a separator has an element or a pair too few.
  return pairs.length > 0 || /[;,]\s*$/.test(field) ? undefined : elements
}

const longestField = 16 * 1024

function elementFrom(pairs: readonly (readonly [key: string, value: string])[]): ForwardedCertificate | undefined {
  const valuesOf = (name: string): readonly string[] => pairs.filter(([key]) => key === name).map(([, value]) => value)
  const hashes = valuesOf('hash')
  const hash = hashes[0] ?? ''
  if (hashes.length > 1 || !/^(?:[0-9a-f]{64})?$/.test(hash)) return undefined
  return { uris: valuesOf('uri').filter(uri => uri !== ''), hash }
}
