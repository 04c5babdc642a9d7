/** Who may prove an identity, and how, beside client certificates and join tokens. */

import { type Static, Type } from 'typebox'
import { isCidr } from '../../platform/address-guard.ts'

const closed = { additionalProperties: false }

const cidr = Type.Refine(Type.String(), isCidr, () => 'must be a CIDR block such as 192.0.2.0/24 or 2001:db8::/32')
const httpsUrl = Type.Refine(
  Type.String(),
  text => URL.parse(text)?.protocol === 'https:',
  () => 'must be an https URL',
)
const text = Type.String({ minLength: 1 })
const claimPath = Type.Union([text, Type.Array(text, { minItems: 1, maxItems: 8 })])
const namePart = Type.Union([Type.Object({ claim: claimPath }, closed), Type.Object({ value: text }, closed)])

const identityMapping = Type.Union([
  Type.Object({ form: Type.Literal('service-account'), claim: Type.Optional(claimPath) }, closed),
  Type.Object({ form: Type.Literal('spiffe-id'), claim: Type.Optional(claimPath) }, closed),
  Type.Object({ form: Type.Literal('parts'), namespace: namePart, serviceAccount: namePart }, closed),
])

const oidcRule = Type.Object(
  {
    issuer: httpsUrl,
    keysUrl: Type.Optional(httpsUrl),
    audiences: Type.Array(text, { minItems: 1 }),
    identity: Type.Optional(identityMapping),
    requiredClaims: Type.Optional(Type.Record(Type.String(), Type.String())),
    rootsFile: Type.Optional(text),
  },
  closed,
)

export const callersSettings = Type.Object(
  {
    oidc: Type.Optional(Type.Array(oidcRule, { minItems: 1, maxItems: 100 })),
    forwardedCertificateFrom: Type.Optional(Type.Array(cidr, { minItems: 1 })),
    fetch: Type.Optional(
      Type.Object({ allow: Type.Optional(Type.Array(cidr)), refuse: Type.Optional(Type.Array(cidr)) }, closed),
    ),
    legacyCsrService: Type.Optional(Type.Boolean()),
  },
  closed,
)

export type CallersSettings = Static<typeof callersSettings>
export type OidcRuleSettings = Static<typeof oidcRule>
