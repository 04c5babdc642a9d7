/** The body of a request as an object, in whichever form it comes. */

import type { RouteRequest } from '../../admin/routes/route.ts'
import { parseJsonText, parseYamlText } from '../json-text.ts'
import { bodyType, unsupportedBody } from '../media-type.ts'
import { kubernetesObject, protobufType } from '../protobuf/kubernetes-body.ts'

const readers: ReadonlyMap<string, (body: unknown) => unknown> = new Map([
  ['application/json', (body: unknown) => parseJsonText(textOf(body))],
  ['application/yaml', (body: unknown) => parseYamlText(textOf(body))],
  [protobufType, (body: unknown) => kubernetesObject(Buffer.isBuffer(body) ? body : Buffer.alloc(0))],
])

/** By its type. Throws `REQUEST_INVALID`, `MEDIA_TYPE_UNSUPPORTED`. */
export function bodyFrom({ request }: { readonly request: Pick<RouteRequest, 'headers' | 'body'> }): unknown {
  const type = request.headers['content-type']
  const read = readers.get(bodyType(type))
  if (read === undefined) throw unsupportedBody(type, [...readers.keys()])
  return read(request.body)
}

export const textOf = (body: unknown): string => (Buffer.isBuffer(body) ? body.toString('utf8') : '')
