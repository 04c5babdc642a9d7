/** Expressions by which Envoy tells the connections of revoked certificates, as syntax trees of CEL. */

import type { Plain } from '../envoy-messages.ts'

/** The list is written into the expression. Lower-case hexadecimal, as Envoy has it. */
export function peerIsOneOf(digests: readonly string[]): Plain {
  return call('@in', [
    select('connection', 'sha256_peer_certificate_digest'),
    { listExpr: { elements: digests.map(constant) } },
  ])
}

/**
 * The list is in the metadata of the endpoint that the connection goes to, the only thing about an open connection that
 * can change under it. Without a list there the expression is an error, which matches nothing.
 */
export function peerIsListedAtEndpoint(peer: 'downstream' | 'upstream'): Plain {
  const host = { selectExpr: { operand: select('xds', 'upstream_host_metadata'), field: 'filter_metadata' } }
  return call('@in', [
    select(peer === 'downstream' ? 'connection' : 'upstream', 'sha256_peer_certificate_digest'),
    call('_[_]', [call('_[_]', [host, constant(revokedMetadataKey)]), constant(digestsField)]),
  ])
}

export const revokedMetadataKey = 'meshwright.revoked'
export const digestsField = 'digests'

const select = (object: string, field: string): Plain => ({
  selectExpr: { operand: { identExpr: { name: object } }, field },
})

const call = (name: string, args: readonly Plain[]): Plain => ({ callExpr: { function: name, args } })

const constant = (text: string): Plain => ({ constExpr: { stringValue: text } })
