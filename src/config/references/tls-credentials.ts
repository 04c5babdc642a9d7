/** Which Secrets the TLS settings of a Gateway, a DestinationRule or an Ingress name, and what each must hold. */

import type { ObjectOf } from '../kinds/catalogue.ts'
import type { ClientTls } from '../kinds/client-tls.ts'
import type { ServerTls } from '../kinds/server-tls.ts'
import { isEmptySelector, lookupSelected } from '../meaning/selector.ts'
import { type CredentialReads, certificateAndKey, credentialFindings, roots } from './credentials.ts'
import type { Finding } from './finding.ts'
import type { JudgedWorkloads } from './workload-labels.ts'

/** A gateway's proxies read Secrets of their own namespace, wherever the Gateway stands. */
export function gatewayCredentials(
  { spec }: ObjectOf<'Gateway'>,
  reads: CredentialReads & JudgedWorkloads,
): readonly Finding[] {
  const selector = spec.selector ?? {}
  const selected = isEmptySelector(selector) ? [] : lookupSelected(reads.labelSets, '', selector)
  const namespaces = [...new Set(selected.map(({ namespace }) => namespace))].sort()
  return (spec.servers ?? []).flatMap(({ tls }, index) =>
    tls === undefined ? [] : serverCredentials(tls, { field: `spec.servers[${index}].tls`, namespaces }, reads),
  )
}

interface Place {
  readonly field: string
  readonly namespaces: readonly string[]
}

function serverCredentials(tls: ServerTls, { field, namespaces }: Place, reads: CredentialReads): readonly Finding[] {
  const { mode = 'PASSTHROUGH', credentialName = '', credentialNames = [], caCertCredentialName = '' } = tls
  if (mode !== 'SIMPLE' && mode !== 'MUTUAL' && mode !== 'OPTIONAL_MUTUAL') return []
  const certificates = [
    ...(credentialName === '' ? [] : [{ written: credentialName, field: `${field}.credentialName` }]),
    ...credentialNames.map((written, index) => ({ written, field: `${field}.credentialNames[${index}]` })),
  ]
  const own = certificates.flatMap(certificate =>
    credentialFindings({ ...certificate, namespaces, needs: certificateAndKey }, reads),
  )
  if (mode === 'SIMPLE') return own
  if (caCertCredentialName !== '') {
    const written = { written: caCertCredentialName, field: `${field}.caCertCredentialName` }
    return [...own, ...credentialFindings({ ...written, namespaces, needs: roots, place: 'beside' }, reads)]
  }
  const [first] = certificates
  // One complaint about a name is enough: what is not there lacks the roots, too.
  if (first === undefined || own.length > 0 || (tls.caCertificates ?? '') !== '') return own
  return credentialFindings({ ...first, namespaces, needs: roots, place: 'beside' }, reads)
}

/** A rule for selected workloads is read by them, in its own namespace; any other by gateways, wherever they are. */
export function ruleCredentials(
  { metadata, spec }: ObjectOf<'DestinationRule'>,
  reads: CredentialReads,
): readonly Finding[] {
  const namespaces = isEmptySelector(spec.workloadSelector?.matchLabels) ? [] : [metadata.namespace]
  const policies = [
    { field: 'spec.trafficPolicy', policy: spec.trafficPolicy },
    ...(spec.subsets ?? []).map(({ trafficPolicy }, index) => ({
      field: `spec.subsets[${index}].trafficPolicy`,
      policy: trafficPolicy,
    })),
  ]
  return policies.flatMap(({ field, policy }) => [
    ...clientCredentials(policy?.tls, { field: `${field}.tls`, namespaces }, reads),
    ...(policy?.portLevelSettings ?? []).flatMap(({ tls }, index) =>
      clientCredentials(tls, { field: `${field}.portLevelSettings[${index}].tls`, namespaces }, reads),
    ),
  ])
}

function clientCredentials(
  tls: ClientTls | undefined,
  { field, namespaces }: Place,
  reads: CredentialReads,
): readonly Finding[] {
  const { mode, credentialName = '', insecureSkipVerify = false } = tls ?? {}
  if (credentialName === '' || (mode !== 'SIMPLE' && mode !== 'MUTUAL')) return []
  const question = { written: credentialName, field: `${field}.credentialName`, namespaces }
  const own = mode === 'MUTUAL' ? credentialFindings({ ...question, needs: certificateAndKey }, reads) : []
  if (own.length > 0 || insecureSkipVerify) return own
  return credentialFindings({ ...question, needs: roots, place: 'beside' }, reads)
}
