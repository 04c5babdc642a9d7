/** An object of a file, as `-f` gives it, and which object it is. */

import type { KindView, ObjectName } from '../../admin/configuration-view.ts'
import { MeshwrightError } from '../../platform/errors.ts'
import type { PlainObject } from './object-text.ts'

export interface AuthoredObject {
  readonly object: PlainObject
  readonly file: string
  /** 1-based, of a field such as `spec.http[0].match`, or of the nearest thing around it that is written. */
  placeOf(field: string): { readonly line: number; readonly column: number }
}

/** Implemented by the composition root: files of any name, folders, `-`. Throws `CONFIG_INVALID`, `CONFIG_DIRECTORY_UNREADABLE`. */
export type ReadObjects = (places: readonly string[]) => Promise<readonly AuthoredObject[]>

/** Throws `CONFIG_INVALID` naming the file and line of a document that does not say which object it is. */
export function nameOf(authored: AuthoredObject, kinds: readonly KindView[], namespace: string): ObjectName {
  const { apiVersion, kind: kindName, metadata } = authored.object
  const found = kinds.find(
    ({ kind, group, versions }) =>
      kind === kindName && versions.some(version => apiVersion === (group === '' ? version : `${group}/${version}`)),
  )
  if (found === undefined) {
    throw unnamed(
      authored,
      'kind',
      `${JSON.stringify(apiVersion ?? null)} ${JSON.stringify(kindName ?? null)} is no kind that this daemon has`,
    )
  }
  const { name, namespace: written } = (metadata ?? {}) as { readonly name?: unknown; readonly namespace?: unknown }
  if (typeof name !== 'string' || name === '') throw unnamed(authored, 'metadata', 'metadata.name is required')
  if (found.scope === 'cluster') return { kind: found.kind, namespace: '', name }
  if (written !== undefined && typeof written !== 'string')
    throw unnamed(authored, 'metadata.namespace', 'metadata.namespace must be text')
  return { kind: found.kind, namespace: written || namespace, name }
}

/** The object with the namespace that it was given by the command, where it names none itself. */
export function withNamespace(object: PlainObject, { namespace }: ObjectName): PlainObject {
  if (namespace === '') return object
  return { ...object, metadata: { ...(object.metadata as PlainObject), namespace } }
}

function unnamed(authored: AuthoredObject, field: string, reason: string): MeshwrightError {
  const { line, column } = authored.placeOf(field)
  return new MeshwrightError('CONFIG_INVALID', {
    message: `${authored.file}:${line}:${column}: ${reason}`,
    remedy: 'Nothing was sent. Mend the file and try again.',
  })
}
