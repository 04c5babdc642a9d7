/** What a schema cannot say of the section `issuer`: which parts belong together. */

import { MeshwrightError } from '../../platform/errors.ts'
import type { IssuerKind, IssuerSettings, VaultSettings } from '../settings/issuer.ts'

/** Throws `CA_SETTINGS_INVALID` naming the field. */
export function requireWholeIssuerSettings(settings: IssuerSettings): void {
  const kind = settings.kind ?? 'self-signed'
  for (const [section, owner] of Object.entries(sectionOwners) as [SectionName, IssuerKind][]) {
    if (kind === owner && settings[section] === undefined) throw invalid(section, `it is needed with kind: ${kind}`)
    if (kind !== owner && settings[section] !== undefined) throw invalid(section, `it is for kind: ${owner}`)
  }
  if (settings.caKey !== undefined && kind !== 'self-signed' && kind !== 'intermediate') {
    throw invalid('caKey', 'the key of the authority is made here only with kind: self-signed or intermediate')
  }
  if (settings.renewalWindowSeconds !== undefined && kind === 'self-signed') {
    throw invalid('renewalWindowSeconds', '`ca rotate --window` says it for a root that is made here')
  }
  if (kind === 'upstream' && settings.server === undefined) {
    throw invalid(
      'server',
      "another authority signs for workloads only: name the files of the daemon's own certificate",
    )
  }
  if (settings.upstream !== undefined && !settings.upstream.credential && !settings.upstream.tokenFile) {
    throw invalid('upstream', 'it needs a credential (credential or tokenFile)')
  }
  if (settings.upstream?.renewCredential !== undefined && !settings.upstream.credential) {
    throw invalid('upstream.renewCredential', 'there is no credential that could be renewed')
  }
  if (settings.vault !== undefined) requireWholeVault(settings.vault, settings)
}

type SectionName = 'plugIn' | 'upstream' | 'vault'

const sectionOwners: Readonly<Record<SectionName, IssuerKind>> = {
  plugIn: 'plug-in',
  upstream: 'upstream',
  vault: 'vault',
}

function requireWholeVault(vault: VaultSettings, { server }: IssuerSettings): void {
  const isVerbatim = vault.sign === 'verbatim'
  if (!isVerbatim && vault.role === undefined) throw invalid('vault.role', 'it is needed unless sign: verbatim')
  if (!isVerbatim && vault.serverRole === undefined && server === undefined) {
    throw invalid('vault.serverRole', "it is needed for the daemon's own certificate, or name files in issuer.server")
  }
  const { authentication } = vault
  for (const field of neededBy[authentication.kind]) {
    if (authentication[field] === undefined) {
      throw invalid(`vault.authentication.${field}`, `it is needed with kind: ${authentication.kind}`)
    }
  }
}

const neededBy = {
  token: ['tokenFile'],
  'app-role': ['roleId', 'secretIdFile'],
  kubernetes: ['role'],
} as const

function invalid(field: string, reason: string): MeshwrightError {
  return new MeshwrightError('CA_SETTINGS_INVALID', {
    message: `issuer.${field}: ${reason}`,
    remedy: 'See docs/ca.md for the settings.',
  })
}
