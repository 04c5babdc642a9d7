/** Section `federation`: other trust domains whose workloads may be admitted, and where their roots come from. */

import { type Static, Type } from 'typebox'
import { isCidr } from '../../platform/address-guard.ts'
import { MeshwrightError } from '../../platform/errors.ts'
import { isTrustDomain } from '../../platform/spiffe.ts'

const closed = { additionalProperties: false }

const bundleEndpoint = Type.Object(
  {
    /** An `https:` URL. */
    url: Type.String({ minLength: 1 }),
    /** How the server proves itself: `https_web` by its host name, `https_spiffe` by a SPIFFE id of that trust domain. */
    profile: Type.Union([Type.Literal('https_web'), Type.Literal('https_spiffe')]),
    /** `https_web`: PEM file of the roots that the server is checked against; the system's when absent. */
    rootsFile: Type.Optional(Type.String({ minLength: 1 })),
    /** `https_spiffe`: the server's id. */
    spiffeId: Type.Optional(Type.String({ minLength: 1 })),
    /** `https_spiffe`: PEM file of that trust domain's roots, for as long as nothing was fetched. */
    bootstrapFile: Type.Optional(Type.String({ minLength: 1 })),
  },
  closed,
)

const federatedTrustDomain = Type.Object(
  {
    trustDomain: Type.String({ minLength: 1 }),
    /** PEM file of its roots, watched. */
    rootsFile: Type.Optional(Type.String({ minLength: 1 })),
    bundleEndpoint: Type.Optional(bundleEndpoint),
  },
  closed,
)

export const federationSettings = Type.Object(
  {
    trustDomains: Type.Optional(Type.Array(federatedTrustDomain, { maxItems: 256 })),
    /** CIDR blocks that bundle endpoints may be at although they are refused by default (loopback, link-local …). */
    allowAddresses: Type.Optional(Type.Array(Type.String())),
    /** CIDR blocks that they may not be at. */
    refuseAddresses: Type.Optional(Type.Array(Type.String())),
  },
  closed,
)

export type FederationSettings = Static<typeof federationSettings>
export type FederatedTrustDomain = Static<typeof federatedTrustDomain>
export type BundleEndpoint = Static<typeof bundleEndpoint>

/** What the schema cannot say. Throws `CA_SETTINGS_INVALID`. */
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
