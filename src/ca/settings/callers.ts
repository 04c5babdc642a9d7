/** Who may prove an identity, and how, beside client certificates and join tokens. */

import { type Static, Type } from 'typebox'
import { Value } from 'typebox/value'
import { isCidr } from '../../platform/address-guard.ts'
import type { IdentityMapping } from '../authenticate/oidc/claim-identity.ts'

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

const mappingForms = Type.Union([
  Type.Object({ form: Type.Literal('service-account'), claim: Type.Optional(claimPath) }, closed),
  Type.Object({ form: Type.Literal('spiffe-id'), claim: Type.Optional(claimPath) }, closed),
  Type.Object({ form: Type.Literal('parts'), namespace: namePart, serviceAccount: namePart }, closed),
])

/** One sentence instead of what each form has against it. */
const identityMapping = Type.Refine(
  Type.Unsafe<IdentityMapping>({}),
  value => Value.Check(mappingForms, value),
  () =>
    'must be { form: service-account, claim? }, { form: spiffe-id, claim? } or { form: parts, namespace, serviceAccount }, the last two each { claim } or { value }',
)

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

const delegate = Type.Object({ identity: text, namespaces: Type.Array(text, { minItems: 1 }) }, closed)

export const callersSettings = Type.Object(
  {
    oidc: Type.Optional(Type.Array(oidcRule, { minItems: 1, maxItems: 100 })),
    forwardedCertificateFrom: Type.Optional(Type.Array(cidr, { minItems: 1 })),
    fetch: Type.Optional(
      Type.Object({ allow: Type.Optional(Type.Array(cidr)), refuse: Type.Optional(Type.Array(cidr)) }, closed),
    ),
    delegates: Type.Optional(Type.Array(delegate, { minItems: 1, maxItems: 100 })),
    legacyCsrService: Type.Optional(Type.Boolean()),
  },
  closed,
)

export type CallersSettings = Static<typeof callersSettings>
export type OidcRuleSettings = Static<typeof oidcRule>
