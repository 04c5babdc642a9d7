/** PEM text (RFC 7468). */

/** The DER of the only block, when there is exactly one, with one of these labels; text around it is ignored. */
export function derFromPem(text: string, labels: readonly string[]): Buffer | undefined {
  const begin = text.indexOf(beginMark)
  if (begin === -1 || text.indexOf(beginMark, begin + beginMark.length) !== -1) return undefined
  const label = labels.find(candidate => text.startsWith(`${candidate}-----`, begin + beginMark.length))
  if (label === undefined) return undefined
  const bodyStart = begin + beginMark.length + label.length + 5
  const bodyEnd = text.indexOf(`-----END ${label}-----`, bodyStart)
  if (bodyEnd === -1) return undefined
  const body = text.slice(bodyStart, bodyEnd).replaceAll(/[\r\n\t ]/g, '')
  return /^[A-Za-z0-9+/]+={0,2}$/.test(body) && body.length % 4 === 0 ? Buffer.from(body, 'base64') : undefined
}

/** One block with a trailing newline. */
export function pemFromDer(label: string, der: Uint8Array): string {
  const base64 = Buffer.from(der).toString('base64')
  return `-----BEGIN ${label}-----\n${base64.replaceAll(/.{64}(?!$)/g, '$&\n')}\n-----END ${label}-----\n`
}

const beginMark = '-----BEGIN '
