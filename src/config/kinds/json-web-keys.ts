/** JSON Web Keys (RFC 7517, 7518, 8037) as far as configuration is checked: their form, never their strength. */

type JsonRecord = Readonly<Record<string, unknown>>

/** What is wrong with the text of a key set, or of one key alone; undefined when nothing is. Never quotes the text. */
export function keySetFault(text: string): string | undefined {
  const keys = keysOf(text)
  if (keys === undefined) return 'is not the JSON of a key set'
  for (const [index, key] of keys.entries()) {
    const fault = keyFault(key)
    if (fault !== undefined) return `key ${index} ${fault}`
  }
  return undefined
}

/** Which keys could also sign. */
export function privateKeysOf(text: string): readonly number[] {
  return (keysOf(text) ?? []).flatMap((key, index) =>
    isRecord(key) && (key.d !== undefined || key.kty === 'oct') ? [index] : [],
  )
}

function keysOf(text: string): readonly unknown[] | undefined {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return undefined
  }
  if (!isRecord(json)) return undefined
  if (Array.isArray(json.keys)) return json.keys
  return json.kty === undefined ? undefined : [json]
}

const isRecord = (value: unknown): value is JsonRecord =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const parts: Readonly<Record<string, readonly string[] | undefined>> = {
  RSA: ['n', 'e'],
  EC: ['crv', 'x', 'y'],
  OKP: ['crv', 'x'],
  oct: ['k'],
}

function keyFault(key: unknown): string | undefined {
  if (!isRecord(key)) return 'is no object'
  const needed = typeof key.kty === 'string' && Object.hasOwn(parts, key.kty) ? parts[key.kty] : undefined
  if (needed === undefined) return 'has no known type under kty'
  for (const name of needed) {
    const part = key[name]
    if (typeof part !== 'string' || !/^[-\w]+={0,2}$/.test(part)) return `has no ${name} in base64url`
  }
  return undefined
}
