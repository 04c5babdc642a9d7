/** How proto JSON writes the scalar types. https://protobuf.dev/programming-guides/json/ */

/** What is wrong with the value; undefined when it fits the type, named as in .proto files. */
export function scalarFault(type: string, value: unknown): string | undefined {
  switch (type) {
    case 'bool':
      return typeof value === 'boolean' ? undefined : 'must be true or false'
    case 'string':
      return typeof value === 'string' ? undefined : 'must be text'
    case 'bytes':
      return typeof value === 'string' && /^[A-Za-z0-9+/_-]*={0,2}$/.test(value) ? undefined : 'must be base64'
    case 'float':
    case 'double':
      return isNumber(value) ? undefined : 'must be a number'
    default:
      return integerFault(type, value)
  }
}

const isNumber = (value: unknown): boolean =>
  typeof value === 'number' ||
  (typeof value === 'string' && /^(?:-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?|NaN|-?Infinity)$/.test(value))

function integerFault(type: string, value: unknown): string | undefined {
  const isWhole =
    (typeof value === 'number' && Number.isInteger(value)) ||
    (typeof value === 'string' && /^-?\d{1,20}(?:\.0+)?$/.test(value))
  if (!isWhole) return 'must be a whole number'
  const number = Number(value)
  const isUnsigned = type.startsWith('u') || type.startsWith('fixed')
  const bits = type.endsWith('64') ? 64 : 32
  const lowest = isUnsigned ? 0 : -(2 ** (bits - 1))
  const highest = isUnsigned ? 2 ** bits : 2 ** (bits - 1)
  return number >= lowest && number < highest
    ? undefined
    : `must fit ${bits} bits${isUnsigned ? ' without a sign' : ''}`
}
