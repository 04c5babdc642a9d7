/** A 32-bit hash of plain immutable data: equal (`plainEqual`) values have equal hashes. Objects remember theirs. */

const remembered = new WeakMap<object, number>()

/** Cost: the part of `value` that was never hashed before. */
export function structuralHash(value: unknown): number {
  switch (typeof value) {
    case 'string':
      return hashText(value)
    case 'number':
      return mix(0x51ed27, Number.isInteger(value) ? value | 0 : hashText(String(value)))
    case 'boolean':
      return value ? 0x2545f491 : 0x1b873593
    case 'object': {
      if (value === null) return 0x9e3779b9
      let hash = remembered.get(value)
      if (hash === undefined) {
        hash = hashObject(value)
        remembered.set(value, hash)
      }
      return hash
    }
    default:
      return 0x7f4a7c15
  }
}

function hashObject(value: object): number {
  if (Array.isArray(value)) {
    let hash = value.length
    for (const item of value) hash = mix(hash, structuralHash(item))
    return hash
  }
  if (value instanceof Uint8Array) return hashText(Buffer.from(value).toString('latin1'))
  // Sums, because equality of these knows no order.
  let sum = 0
  if (value instanceof Set) {
    for (const item of value) sum = (sum + structuralHash(item)) | 0
  } else if (value instanceof Map) {
    for (const [key, item] of value) sum = (sum + mix(structuralHash(key), structuralHash(item))) | 0
  } else {
    for (const [key, item] of Object.entries(value)) sum = (sum + mix(hashText(key), structuralHash(item))) | 0
  }
  return mix(0x85ebca6b, sum)
}

function mix(a: number, b: number): number {
  let hash = Math.imul(a ^ (b + 0x9e3779b9 + (a << 6) + (a >>> 2)), 0x85ebca6b)
  hash ^= hash >>> 13
  return Math.imul(hash, 0xc2b2ae35)
}

/** FNV-1a over UTF-16 units. */
function hashText(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return hash
}
