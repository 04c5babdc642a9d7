/** Short ways to write objects that refer to each other. */

import { type MeshConfigInput, meshConfigFrom } from '../../mesh-config.ts'
import { objectKey } from '../../object.ts'
import { parseConfigText } from '../../parse.ts'
import { formatProblem } from '../../problem.ts'
import { createReferences, type ObjectChange, type References } from '../references.ts'

const groups: Readonly<Record<string, string>> = {
  AuthorizationPolicy: 'security.istio.io/v1',
  PeerAuthentication: 'security.istio.io/v1',
  RequestAuthentication: 'security.istio.io/v1',
  Telemetry: 'telemetry.istio.io/v1',
  EnvoyFilter: 'networking.istio.io/v1alpha3',
  Ingress: 'networking.k8s.io/v1',
  ProxyConfig: 'networking.istio.io/v1beta1',
  WasmPlugin: 'extensions.istio.io/v1alpha1',
  ConfigMap: 'v1',
  Namespace: 'v1',
  Pod: 'v1',
  Secret: 'v1',
  Service: 'v1',
  ServiceAccount: 'v1',
}

/** `Kind namespace/name: rest`, the rest being YAML of what follows the metadata: `spec: …`, or labels for a Pod. */
export function objectsOf(lines: readonly string[]): readonly ObjectChange[] {
  const text = lines.map(documentOf).join('---\n')
  const { objects, problems } = parseConfigText(text, 'scene.yaml')
  const errors = problems.filter(({ severity }) => severity === 'error')
  if (errors.length > 0) throw new Error(errors.map(formatProblem).join('\n'))
  return objects.map(object => ({ kind: object.kind, key: objectKey(object), object }))
}

function documentOf(line: string): string {
  const [, kind = '', namespace = '', name = '', rest = ''] = /^(\w+) ([^/ ]*)\/([^:]+): ?(.*)$/s.exec(line) ?? []
  const labels = kind === 'Pod' ? `, labels: ${rest}` : ''
  const body = kind === 'Pod' ? 'spec: {}' : rest
  const apiVersion = groups[kind] ?? 'networking.istio.io/v1'
  return `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: {namespace: ${namespace}, name: ${name}${labels}}\n${body}\n`
}

export interface Scene {
  readonly objects: readonly string[]
  readonly mesh?: MeshConfigInput
}

export function referencesOf({ objects, mesh = {} }: Scene): References {
  const references = createReferences()
  references.apply({ changes: objectsOf(objects), mesh: meshConfigFrom(mesh) })
  return references
}

/** `Kind namespace/name field CODE`, a line each. */
export const shownFindings = (references: References): readonly string[] =>
  references.all().map(({ kind, namespace, name, field, code }) => `${kind} ${namespace}/${name} ${field} ${code}`)
