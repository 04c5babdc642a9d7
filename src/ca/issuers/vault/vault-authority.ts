/**
 * The PKI of Vault or OpenBao. By a role, names are told beside the request and the request's own count for nothing when the
 * role says so; verbatim, the request is signed as it is, so one that asks for more than the proof shows is not sent.
 */

import type { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Clock } from '../../../platform/clock.ts'
import { MeshwrightError } from '../../../platform/errors.ts'
import type { Log } from '../../../platform/log.ts'
import type { IdentityProof } from '../../certificates/identity-proof.ts'
import type { VaultSettings } from '../../settings/issuer.ts'
import { certificatesIn, isSelfSigned } from '../chain.ts'
import type { LeafRequest } from '../issuer.ts'
import type { RemoteAnswer, RemoteAuthority } from '../remote/remote-mode.ts'
import { requireOnlyItsNames } from './requested-names.ts'
import { createVaultClient } from './vault-client.ts'
import { createVaultSession, fieldsIn } from './vault-session.ts'

export function createVaultAuthority(settings: VaultSettings, clock: Clock, log: Log): RemoteAuthority {
  const { address, caFile, namespace, authentication } = settings
  const mount = settings.mount ?? 'pki'
  const caPem = caFile === undefined ? undefined : readFileSync(caFile, 'utf8')
  const client = createVaultClient({ address, caPem, namespace })
  const session = createVaultSession({ authentication, client, clock, log })
  const shown = showsRoots(address)
  return {
    async start() {
      if (address.startsWith('http:')) log.warn({ address }, 'Vault is reached in clear text: its token can be read')
    },
    credentials: () => session.credentials(),
    credentialFailures: () => session.failures,
    stop() {
      session.stop()
      client.close()
    },
    async roots() {
      if (!shown) return []
      const texts = [await client.text(`${mount}/ca_chain`), await client.text(`${mount}/ca/pem`)]
      return texts.flatMap(text => certificatesIn(text, "Vault's chain")).filter(isSelfSigned)
    },
    async sign(request, proof) {
      const { path, body } = signing(settings, request, proof)
      const answer = await session.run(token => client.call({ method: 'POST', path: `${mount}/${path}`, token, body }))
      const signed = answerFrom(fieldsIn(answer, 'data'))
      return shown ? signed : { ...signed, roots: [] }
    },
  }
}

/** Roots are trusted as they are shown: what came in clear text over a network is nobody's word. Then `rootsFile` has them. */
export function showsRoots(address: string): boolean {
  const { protocol, hostname } = new URL(address)
  return protocol === 'https:' || hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d+){3}$/.test(hostname)
}

interface Signing {
  readonly path: string
  readonly body: Readonly<Record<string, unknown>>
}

/** https://developer.hashicorp.com/vault/api-docs/secret/pki#sign-certificate, #sign-verbatim. */
function signing(settings: VaultSettings, { publicKey, ttlMs }: LeafRequest, proof: IdentityProof): Signing {
  const csr = publicKey.request?.()
  if (csr === undefined) throw new MeshwrightError('INTERNAL', { message: 'a key without a request cannot be signed' })
  const common = { csr, ttl: `${Math.max(1, Math.floor(ttlMs / 1000))}s`, format: 'pem' }
  if (proof.kind === 'server' && settings.serverRole !== undefined) {
    const names = { alt_names: proof.dnsNames.join(), ip_sans: proof.ipAddresses.join() }
    return { path: `sign/${settings.serverRole}`, body: { ...common, ...names, exclude_cn_from_sans: true } }
  }
  if (settings.sign === 'verbatim') {
    requireOnlyItsNames(csr, proof)
    const path = settings.role === undefined ? 'sign-verbatim' : `sign-verbatim/${settings.role}`
    const usages = { key_usage: 'DigitalSignature,KeyEncipherment', ext_key_usage: 'ServerAuth,ClientAuth' }
    return { path, body: { ...common, ...usages } }
  }
  if (proof.kind === 'server') {
    throw new MeshwrightError('CA_SETTINGS_INVALID', {
      message: "issuer.vault: nothing says how the daemon's own certificate is signed",
      remedy: 'Set issuer.vault.serverRole, or name files in issuer.server.',
    })
  }
  return {
    path: `sign/${settings.role}`,
    body: { ...common, uri_sans: proof.identity.uri, exclude_cn_from_sans: true },
  }
}

function answerFrom(data: Readonly<Record<string, unknown>>): RemoteAnswer {
  const chain = Array.isArray(data.ca_chain) ? data.ca_chain.map(String) : []
  const [leaf] = certificates([String(data.certificate ?? '')])
  if (leaf === undefined) throw new MeshwrightError('CA_ISSUER_REFUSED', { message: 'Vault answered no certificate' })
  const above = certificates([String(data.issuing_ca ?? ''), ...chain])
  return { leaf, intermediates: above.filter(each => !isSelfSigned(each)), roots: above.filter(isSelfSigned) }
}

/** Vault's blocks come without a newline at their end. */
function certificates(texts: readonly string[]): readonly X509Certificate[] {
  return certificatesIn(texts.map(text => `${text.trim()}\n`).join(''), "Vault's answer")
}
