/** Secrets that other objects name: that they are there, where the proxy that reads them looks, with the entries that it needs. */

import type { Collection, CollectionReader, Graph, IndexReader } from '../../graph/graph.ts'
import type { Finding } from './finding.ts'
import type { ReferenceSources } from './reference-sources.ts'

/** The names of a Secret's or ConfigMap's entries, and never what they hold: new certificates under old names are no change. */
export interface DataKeys {
  readonly namespace: string
  readonly name: string
  readonly keys: readonly string[]
}

export interface CredentialReads {
  /** By `objectKey`. */
  readonly secrets: CollectionReader<DataKeys>
  /** Term: the name alone. */
  readonly secretsByName: IndexReader<DataKeys>
  readonly configMaps: CollectionReader<DataKeys>
}

export function deriveCredentials(graph: Graph, { objects }: ReferenceSources) {
  const secrets: Collection<DataKeys> = graph.derive({
    name: 'entries of secrets',
    from: objects.Secret,
    reads: {},
    map: ({ metadata: { namespace, name }, spec }) => ({ namespace, name, keys: keysOf(spec.data, spec.stringData) }),
  })
  const configMaps: Collection<DataKeys> = graph.derive({
    name: 'entries of config maps',
    from: objects.ConfigMap,
    reads: {},
    map: ({ metadata: { namespace, name }, spec }) => ({ namespace, name, keys: keysOf(spec.data, spec.binaryData) }),
  })
  return { secrets, secretsByName: secrets.index('secret name', ({ name }) => [name]), configMaps }
}

const keysOf = (...parts: readonly (object | undefined)[]): readonly string[] =>
  [...new Set(parts.flatMap(part => Object.keys(part ?? {})))].sort()

/** Each need is met by one of its ways: entries that must all be there. */
export type Need = readonly (readonly string[])[]

export const certificateAndKey: Need = [
  ['tls.crt', 'tls.key'],
  ['cert', 'key'],
]
export const roots: Need = [['ca.crt'], ['cacert']]
export const pullSecret: Need = [['.dockerconfigjson'], ['.dockercfg']]

/** Where roots may lie beside the certificate: in a Secret of this name, else in that of the certificate. */
const rootsSuffix = '-cacert'

export interface CredentialQuestion {
  /** As the user writes it: a name, or `kubernetes://[namespace/]name`, `configmap://namespace/name` and others of Istio's. */
  readonly written: string
  readonly field: string
  /** Of the proxies that read it; empty where nobody knows them, and any Secret of the name will do. */
  readonly namespaces: readonly string[]
  readonly needs: Need
  /** `beside`: roots may also lie in `NAME-cacert`. */
  readonly place?: 'itself' | 'beside'
}

export function credentialFindings(question: CredentialQuestion, reads: CredentialReads): readonly Finding[] {
  const named = placesNamed(question)
  if (named === undefined) return []
  const { field } = question
  for (const place of named.places) {
    const found = candidates({ ...named, place }, question, reads)
    const title = `${named.kind} ${place === undefined ? '' : `${place}/`}${named.name}`
    if (found.length === 0) {
      const where = place === undefined ? ` in any namespace` : ''
      return [
        {
          code: 'CREDENTIAL_NOT_FOUND',
          field,
          reason: `there is no ${title}${where}`,
          remedy:
            place === undefined
              ? 'correct the name, or create it'
              : `correct the name, or create it in ${place}, where the proxies that read it are`,
        },
      ]
    }
    if (found.some(({ keys }) => meets(keys, question.needs))) continue
    return [
      {
        code: 'CREDENTIAL_INCOMPLETE',
        field,
        reason: `${title} has ${textOfKeys(found)}, and not ${question.needs.map(way => way.join(' and ')).join(', or ')}`,
        remedy: 'add what is missing, or name another',
      },
    ]
  }
  return []
}

interface Named {
  readonly kind: 'Secret' | 'ConfigMap'
  readonly name: string
  /** Undefined: any namespace. */
  readonly places: readonly (string | undefined)[]
}

/** Undefined where it names nothing that is kept here: `builtin://` is the proxy's own certificate. */
function placesNamed({ written, namespaces }: CredentialQuestion): Named | undefined {
  const [, scheme = 'kubernetes', rest = ''] = /^(?:([a-z-]+):\/\/)?(.*)$/s.exec(written) ?? []
  const slash = rest.indexOf('/')
  const name = rest.slice(slash + 1)
  const given = slash < 0 ? undefined : rest.slice(0, slash)
  const kind = scheme === 'configmap' ? 'ConfigMap' : 'Secret'
  if (!['kubernetes', 'kubernetes-gateway', 'configmap'].includes(scheme)) return undefined
  if (given !== undefined) return { kind, name, places: [given] }
  return { kind, name, places: namespaces.length === 0 ? [undefined] : namespaces }
}

function candidates(
  { kind, name, place }: { readonly kind: Named['kind']; readonly name: string; readonly place: string | undefined },
  question: CredentialQuestion,
  reads: CredentialReads,
): readonly DataKeys[] {
  const called = (wanted: string): readonly DataKeys[] => {
    if (place === undefined) return reads.secretsByName.lookup(wanted)
    const found = (kind === 'Secret' ? reads.secrets : reads.configMaps).get(`${place}/${wanted}`)
    return found === undefined ? [] : [found]
  }
  if (question.place !== 'beside' || kind === 'ConfigMap') return called(name)
  const beside = called(`${name}${rootsSuffix}`)
  return beside.length > 0 ? beside : called(name)
}

const meets = (keys: readonly string[], needs: Need): boolean =>
  needs.some(way => way.every(entry => keys.includes(entry)))

const textOfKeys = (found: readonly DataKeys[]): string => {
  const keys = [...new Set(found.flatMap(each => each.keys))].sort()
  return keys.length === 0 ? 'no entry' : `the entries ${keys.slice(0, 10).join(', ')}`
}
