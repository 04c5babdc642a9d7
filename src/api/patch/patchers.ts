/** What a patch does to an object, by the type of its body. */

import type { KindName } from '../../config/object.ts'
import { MeshwrightError } from '../../platform/errors.ts'
import { isObject, type JsonObject } from '../json-value.ts'
import { listIdentity } from '../list-keys.ts'
import { jsonPatch } from './json-patch.ts'
import { mergePatch } from './merge-patch.ts'
import { strategicMergePatch } from './strategic-merge-patch.ts'

type Patcher = (before: JsonObject, patch: unknown, kind: KindName) => unknown

export const patchers: ReadonlyMap<string, Patcher> = new Map<string, Patcher>([
  ['application/json-patch+json', (before, document) => jsonPatch(before, document)],
  ['application/merge-patch+json', (before, document) => mergePatch(before, requireObject(document))],
  [
    'application/strategic-merge-patch+json',
    (before, document, kind) => strategicMergePatch(before, requireObject(document), path => listIdentity(kind, path)),
  ],
])

function requireObject(document: unknown): JsonObject {
  if (isObject(document)) return document
  throw new MeshwrightError('REQUEST_INVALID', { message: 'the patch is no object' })
}
