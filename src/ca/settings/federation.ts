/** Section `federation`: other trust domains whose workloads may be admitted, and where their roots come from. */

import { type Static, Type } from 'typebox'

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
