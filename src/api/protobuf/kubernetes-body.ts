/**
 * Bodies as kubectl sends them for Kubernetes' own kinds: `k8s\0`, then a `runtime.Unknown` with the kind's name and its
 * bytes. https://kubernetes.io/docs/reference/using-api/api-concepts/#protobuf-encoding
 */

import { MeshwrightError } from '../../platform/errors.ts'
import { isObject, type JsonObject, textAt } from '../json-value.ts'
import { decodeMessage, UndecodableMessage } from './decode-message.ts'
import { messageTable } from './message-table.ts'

export const protobufType = 'application/vnd.kubernetes.protobuf'

const magic = Buffer.from('k8s\0')

/** The object as its sender would have written it as JSON. Throws `REQUEST_INVALID`. */
export function kubernetesObject(body: Uint8Array): JsonObject {
  if (!magic.equals(body.subarray(0, magic.length))) throw undecodable('does not begin as such')
  try {
    const table = messageTable()
    const { typeMeta, raw } = decodeMessage(table, 'Unknown', body.subarray(magic.length))
    const named = isObject(typeMeta) ? typeMeta : {}
    const [apiVersion, kind] = [textAt(named, 'apiVersion') ?? '', textAt(named, 'kind') ?? '']
    const bytes = Buffer.from(typeof raw === 'string' ? raw : '', 'base64')
    return { apiVersion, kind, ...decodeMessage(table, kind, bytes) }
  } catch (error) {
    if (error instanceof UndecodableMessage) throw undecodable(error.message)
    throw error
  }
}

function undecodable(reason: string): MeshwrightError {
  return new MeshwrightError('REQUEST_INVALID', {
    message: `the body cannot be read as ${protobufType}: ${reason}`,
    remedy: 'Send it as application/json.',
  })
}
