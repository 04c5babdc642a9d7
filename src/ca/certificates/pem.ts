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
  const base64 = Buffer.from(der.buffer, der.byteOffset, der.byteLength).toString('base64')
  // By hand and not by a regular expression, which takes ten times as long (bench/ca.ts).
  let lines = ''
  for (let at = 0; at < base64.length; at += 64) lines += `${base64.slice(at, at + 64)}\n`
  return `-----BEGIN ${label}-----\n${lines}-----END ${label}-----\n`
}

const beginMark = '-----BEGIN '
