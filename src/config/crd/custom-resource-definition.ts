/** The CustomResourceDefinition of a kind of the mesh: what makes a Kubernetes API server store it and refuse what is ill-formed. */

import type { Kind } from '../kinds/kind.ts'
import { bodyProperties } from '../openapi/object-schema.ts'
import type { SchemaObject } from '../openapi/schema-object.ts'

/** `apiextensions.k8s.io/v1`, as far as we say something; everything else is the API server's default. */
export interface CustomResourceDefinition {
  readonly apiVersion: 'apiextensions.k8s.io/v1'
  readonly kind: 'CustomResourceDefinition'
  readonly metadata: { readonly name: string; readonly labels: Readonly<Record<string, string>> }
  readonly spec: {
    readonly group: string
    readonly scope: 'Namespaced' | 'Cluster'
    readonly names: {
      readonly kind: string
      readonly listKind: string
      readonly plural: string
      readonly singular: string
      readonly shortNames?: readonly string[]
      readonly categories: readonly string[]
    }
    /** Versions have one schema, so nothing is to be converted. */
    readonly conversion: { readonly strategy: 'None' }
    readonly versions: readonly CustomResourceVersion[]
  }
}

export interface CustomResourceVersion {
  readonly name: string
  readonly served: true
  readonly storage: boolean
  readonly additionalPrinterColumns: readonly { name: string; type: string; jsonPath: string }[]
  readonly schema: { readonly openAPIV3Schema: SchemaObject }
  readonly subresources: { readonly status: Readonly<Record<never, never>> }
}

export function customResourceDefinition(kind: Kind): CustomResourceDefinition {
  const stored = kind.storedVersion ?? kind.versions[0]
  const { group, name, plural, shortNames } = kind
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}`, labels: { 'app.kubernetes.io/part-of': 'meshwright' } },
    spec: {
      group,
      scope: kind.scope === 'cluster' ? 'Cluster' : 'Namespaced',
      names: {
        kind: name,
        listKind: `${name}List`,
        plural,
        singular: name.toLowerCase(),
        ...(shortNames.length === 0 ? {} : { shortNames }),
        // `kubectl get istio-io` lists all of them.
        categories: ['istio-io', group.replaceAll('.', '-')],
      },
      conversion: { strategy: 'None' },
      versions: kind.versions.map(version => ({
        name: version,
        served: true,
        storage: version === stored,
        additionalPrinterColumns: printerColumns(kind),
        schema: { openAPIV3Schema: { description: kind.description, type: 'object', ...bodyProperties(kind) } },
        subresources: { status: {} },
      })),
    },
  }
}

const printerColumns = ({ columns = [] }: Kind): CustomResourceVersion['additionalPrinterColumns'] => [
  ...columns.map(({ name, path }) => ({ name, type: 'string', jsonPath: path })),
  { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
]
