/** All CustomResourceDefinitions as one YAML text, for `kubectl apply -f -`. */

import { stringify } from 'yaml'
import { kinds } from '../kinds/catalogue.ts'
import type { Kind } from '../kinds/kind.ts'
import { isMeshKind } from '../openapi/object-schema.ts'
import { type CustomResourceDefinition, customResourceDefinition } from './custom-resource-definition.ts'

/** Sorted by name. */
export const customResourceDefinitions = (): readonly CustomResourceDefinition[] =>
  (Object.values(kinds) as unknown as readonly Kind[])
    .filter(isMeshKind)
    .map(customResourceDefinition)
    .sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))

/** The same text for the same version of meshwright. */
export const crdManifest = (): string =>
  customResourceDefinitions()
    .map(definition => `---\n${stringify(definition, { aliasDuplicateObjects: false, lineWidth: 0 })}`)
    .join('')
