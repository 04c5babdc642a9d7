/** What a plain scalar means: the core schema of YAML 1.2. https://yaml.org/spec/1.2.2/#103-core-schema */

/** Undefined where the text is not of the usual spellings: an octal or hexadecimal number, infinity, not a number. */
export function plainValue(text: string): null | boolean | number | string | undefined {
  const first = text.charCodeAt(0)
  // Nearly all texts begin with a letter that begins nothing else.
  if (first > nine && !wordStarts.has(first)) return text
  if (first <= nine) return isNumberStart(first) ? numberOrText(text) : text
  switch (text) {
    case '~':
    case 'null':
    case 'Null':
    case 'NULL':
      return null
    case 'true':
    case 'True':
    case 'TRUE':
      return true
    case 'false':
    case 'False':
    case 'FALSE':
      return false
    default:
      return text
  }
}

const zero = 0x30
const nine = 0x39
const wordStarts: ReadonlySet<number> = new Set([...'~nNtTfF'].map(letter => letter.charCodeAt(0)))
const signsAndPoint: ReadonlySet<number> = new Set([...'+-.'].map(letter => letter.charCodeAt(0)))

const isNumberStart = (code: number): boolean => code >= zero || signsAndPoint.has(code)

function numberOrText(text: string): number | string | undefined {
  if (/^[-+]?[0-9]+$/.test(text)) return Number.parseInt(text, 10)
  if (/^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/.test(text)) return Number.parseFloat(text)
  return /^(?:0o|0x|[-+]?\.(?:inf|nan)$)/i.test(text) ? undefined : text
}
