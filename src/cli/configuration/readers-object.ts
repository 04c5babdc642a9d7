/** An object with what the daemon knows of it, where Kubernetes' tools would look for it. */

import type { EntryView } from '../../admin/configuration-view.ts'
import { authoredPart, type PlainObject } from './object-text.ts'

export function objectForReaders(entry: EntryView): PlainObject {
  const { object, kind, namespace, name, revision, generation, uid, createdAt } = entry
  const {
    apiVersion,
    kind: written,
    metadata,
    ...body
  } = authoredPart(object ?? { kind, metadata: { name, namespace } })
  return {
    apiVersion,
    kind: written,
    metadata: {
      ...(metadata as PlainObject),
      ...(revision === 0 ? {} : { resourceVersion: String(revision), generation, uid, creationTimestamp: createdAt }),
    },
    ...body,
  }
}
