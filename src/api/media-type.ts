/** Which form an answer is wanted in (`Accept`), and which form a body has (`Content-Type`). RFC 9110 sections 12.5.1 and 8.3. */

import { MeshwrightError } from '../platform/errors.ts'

/** How objects are represented. */
export type Representation = 'object' | 'table' | 'metadata'

export interface Accepted {
  readonly representation: Representation
  readonly encoding: 'json' | 'yaml'
}

interface MediaType {
  /** `application/json`, in lower case. */
  readonly name: string
  readonly parameters: Readonly<Record<string, string>>
}

/** The first that the API has, in the order of the header; clients put the best first. Throws `NOT_ACCEPTABLE`. */
export function acceptedFrom(header: string | undefined): Accepted {
  for (const { name, parameters } of (header ?? '*/*').split(',').map(mediaType)) {
    if (parameters.q === '0') continue
    const encoding = encodings[name]
    const representation = representationOf(parameters.as)
    if (encoding !== undefined && representation !== undefined) return { encoding, representation }
  }
  throw new MeshwrightError('NOT_ACCEPTABLE', {
    message: 'the request accepts none of the forms that there are',
    remedy: 'Accept application/json or application/yaml.',
  })
}

/** Whether the client would rather have a discovery of everything at once. */
export function acceptsAggregatedDiscovery(header: string | undefined): boolean {
  return (header ?? '')
    .split(',')
    .map(mediaType)
    .some(
      ({ name, parameters: { g, v, as } }) =>
        name === 'application/json' && g === 'apidiscovery.k8s.io' && v === 'v2' && as === 'APIGroupDiscoveryList',
    )
}

/** `application/json` where the header is absent. */
export const bodyType = (header: string | undefined): string => mediaType(header ?? 'application/json').name

export function unsupportedBody(header: string | undefined, known: readonly string[]): MeshwrightError {
  return new MeshwrightError('MEDIA_TYPE_UNSUPPORTED', {
    message: `the body is ${JSON.stringify(header ?? '')}, which is not taken here`,
    remedy: `Send one of ${known.join(', ')}.`,
  })
}

const encodings: Readonly<Record<string, Accepted['encoding']>> = {
  'application/json': 'json',
  'application/*': 'json',
  '*/*': 'json',
  'application/yaml': 'yaml',
}

function representationOf(as: string | undefined): Representation | undefined {
  switch (as) {
    case undefined:
      return 'object'
    case 'Table':
      return 'table'
    case 'PartialObjectMetadata':
    case 'PartialObjectMetadataList':
      return 'metadata'
    default:
      return undefined
  }
}

function mediaType(text: string): MediaType {
  const [name = '', ...rest] = text.split(';').map(part => part.trim())
  const parameters = rest.map(part => part.split('=', 2)).map(([key = '', value = '']) => [key.toLowerCase(), value])
  return { name: name.toLowerCase(), parameters: Object.fromEntries(parameters) as Record<string, string> }
}
