/** What may stand in the section `federation`, beyond its schema, which is loaded only for those who have settings. */

import { isCidr } from '../../platform/address-guard.ts'
import { MeshwrightError } from '../../platform/errors.ts'
import { isTrustDomain } from '../../platform/spiffe.ts'
import type { BundleEndpoint, FederationSettings } from '../settings/federation.ts'

/** Throws `CA_SETTINGS_INVALID`. */
export function requireUsableFederation(settings: FederationSettings, ownTrustDomain: string): void {
  const seen = new Set<string>()
  for (const [index, each] of (settings.trustDomains ?? []).entries()) {
    const field = `federation.trustDomains[${index}]`
    const { trustDomain } = each
    if (!isTrustDomain(trustDomain)) throw invalid(`${field}.trustDomain: ${JSON.stringify(trustDomain)} is none`)
    if (trustDomain === ownTrustDomain) throw invalid(`${field}.trustDomain: it is the mesh's own`)
    if (trustDomain === 'cluster.local') {
      throw invalid(`${field}.trustDomain: in policies cluster.local means the mesh's own, whatever that is called`)
    }
    if (seen.has(trustDomain)) throw invalid(`${field}.trustDomain: ${trustDomain} is there twice`)
    seen.add(trustDomain)
    if ((each.rootsFile === undefined) === (each.bundleEndpoint === undefined)) {
      throw invalid(`${field}: either rootsFile or bundleEndpoint is needed`)
    }
    if (each.bundleEndpoint !== undefined) requireUsableEndpoint(each.bundleEndpoint, trustDomain, field)
  }
  for (const name of ['allowAddresses', 'refuseAddresses'] as const) {
    const wrong = settings[name]?.find(text => !isCidr(text))
    if (wrong !== undefined) throw invalid(`federation.${name}: ${JSON.stringify(wrong)} is no CIDR block`)
  }
}

function requireUsableEndpoint(endpoint: BundleEndpoint, trustDomain: string, field: string): void {
  const { url, profile, rootsFile, spiffeId, bootstrapFile } = endpoint
  const at = `${field}.bundleEndpoint`
  if (URL.parse(url)?.protocol !== 'https:') throw invalid(`${at}.url: an https URL is needed`)
  if (profile === 'https_web') {
    if (spiffeId !== undefined || bootstrapFile !== undefined) {
      throw invalid(`${at}: spiffeId and bootstrapFile are for the profile https_spiffe`)
    }
    return
  }
  if (rootsFile !== undefined) throw invalid(`${at}.rootsFile: it is for the profile https_web`)
  if (bootstrapFile === undefined)
    throw invalid(`${at}.bootstrapFile: the first answer must be checked against something`)
  if (spiffeId === undefined || !isIdOf(spiffeId, trustDomain)) {
    throw invalid(`${at}.spiffeId: an id of the form spiffe://${trustDomain}/PATH is needed`)
  }
}

/** An endpoint need not be a workload: any path will do. */
function isIdOf(spiffeId: string, trustDomain: string): boolean {
  const prefix = `spiffe://${trustDomain}/`
  return spiffeId.startsWith(prefix) && /^[A-Za-z0-9._-]+(?:\/[A-Za-z0-9._-]+)*$/.test(spiffeId.slice(prefix.length))
}

function invalid(message: string): MeshwrightError {
  return new MeshwrightError('CA_SETTINGS_INVALID', { message, remedy: 'See the section Federation of docs/ca.md.' })
}
