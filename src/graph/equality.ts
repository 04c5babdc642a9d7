/** Structural equality of plain data: what collections hold (frozen objects, arrays, Maps, Sets, Buffers, primitives). */

export function plainEqual(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a)) return Array.isArray(b) && arraysEqual(a, b)
  if (a instanceof Uint8Array) return b instanceof Uint8Array && Buffer.compare(a, b) === 0
  if (a instanceof Map) return b instanceof Map && mapsEqual(a, b)
  if (a instanceof Set) return b instanceof Set && a.size === b.size && [...a].every(item => b.has(item))
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false
  return recordsEqual(a as Record<string, unknown>, b as Record<string, unknown>)
}

function arraysEqual(a: readonly unknown[], b: readonly unknown[]): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (!plainEqual(a[i], b[i])) return false
  return true
}

function mapsEqual(a: ReadonlyMap<unknown, unknown>, b: ReadonlyMap<unknown, unknown>): boolean {
  if (a.size !== b.size) return false
  for (const [key, value] of a) if (!b.has(key) || !plainEqual(value, b.get(key))) return false
  return true
}

function recordsEqual(a: Record<string, unknown>, b: Record<string, unknown>): boolean {
  const keys = Object.keys(a)
  if (keys.length !== Object.keys(b).length) return false
  for (const key of keys) if (!Object.hasOwn(b, key) || !plainEqual(a[key], b[key])) return false
  return true
}
