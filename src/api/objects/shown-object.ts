/** An entry of the configuration as the API shows it: in the version that was asked for, with what the server knows of it. */

import type { Role } from '../../admin/access/role.ts'
import { secretShownTo } from '../../admin/access/secret-values.ts'
import type { ObjectStatus } from '../../config/object-status.ts'
import { isMeshKind } from '../../config/openapi/object-schema.ts'
import type { ConfigEntry } from '../../config/store/config-access.ts'
import { type JsonObject, objectAt } from '../json-value.ts'
import type { ServedKind } from '../resources/served-kinds.ts'
import { type ListedProxies, refusalText, statusView } from './object-status-view.ts'

export interface Showing {
  readonly served: ServedKind
  readonly role: Role | undefined
  readonly status: ObjectStatus | undefined
  readonly proxies?: ListedProxies
}

/** A deletion is shown as the object was: `lastObject`. */
export function shownObject(entry: ConfigEntry, showing: Showing, lastObject?: JsonObject): JsonObject {
  const { served, role, status, proxies } = showing
  const object = entry.object ?? lastObject ?? {}
  const shown = {
    ...object,
    apiVersion: served.apiVersion,
    kind: served.kind.name,
    ...(isMeshKind(served.kind)
      ? { metadata: shownMetadata(entry, object), status: statusView(entry, status, proxies) }
      : { metadata: withRefusal(shownMetadata(entry, object), refusalText(entry)) }),
  }
  return isSecret(served) ? secretShownTo(role, entry.namespace, shown) : shown
}

export const isSecret = ({ kind }: ServedKind): boolean => (kind.name as string) === 'Secret'

function shownMetadata(entry: ConfigEntry, object: JsonObject): JsonObject {
  const { name, namespace, uid, revision, generation, createdAtMs } = entry
  return {
    ...objectAt(object, 'metadata'),
    name,
    ...(namespace === '' ? {} : { namespace }),
    // A file's object that was refused from the start has none of them.
    ...(revision === 0
      ? {}
      : { uid, resourceVersion: String(revision), generation, creationTimestamp: timestamp(createdAtMs) }),
  }
}

/** The status of Kubernetes' own kinds is not the mesh's to write. */
function withRefusal(metadata: JsonObject, refusal: string | undefined): JsonObject {
  if (refusal === undefined) return metadata
  return { ...metadata, annotations: { ...objectAt(metadata, 'annotations'), [refusalAnnotation]: refusal } }
}

const refusalAnnotation = 'meshwright.io/refusal'

/** Kubernetes' times have no fractions of seconds. */
export const timestamp = (timeMs: number): string => new Date(timeMs).toISOString().replace(/\.\d+Z$/, 'Z')
