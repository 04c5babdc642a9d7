/**
 * The URI entries of a certificate's subject alternative names, from Node's one-line form `URI:spiffe://a, DNS:b`. A name
 * that holds anything that could be mistaken for a separator stands there as a JSON string (CVE-2021-44532).
 */

/** `undefined` when the text is not of that form. */
export function parseUriSubjectNames(text: string | undefined): readonly string[] | undefined {
  const uris: string[] = []
  let rest = text ?? ''
  while (rest !== '') {
    const match = /^([^:,"]+):("(?:[^"\\]|\\.)*"|[^",]*)(?:, |$)/.exec(rest)
    if (match === null) return undefined
    const [whole, kind, value = ''] = match
    rest = rest.slice(whole.length)
    if (kind === 'URI') uris.push(value.startsWith('"') ? String(JSON.parse(value)) : value)
  }
  return uris
}
