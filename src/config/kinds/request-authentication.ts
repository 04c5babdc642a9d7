/** security.istio.io RequestAuthentication: whose tokens are believed, and where a request carries them. */

import { bool, field, list, message, optional, requiredText, ruled, text, type Value } from '../schema/fields.ts'
import { positiveMilliseconds } from './duration-rules.ts'
import { checkJwtRule } from './jwt-rules.ts'
import { defineKind } from './kind.ts'
import { checkPolicySelection, policySelection } from './policy-selection.ts'

const webUrl = ruled(requiredText(2048), {
  cel: "self.startsWith('http://') || self.startsWith('https://')",
  holds: url => /^https?:\/\//.test(url),
  reason: 'is not fetched over http or https',
  remedy: 'write it like https://issuer.example/keys',
})

const jwtHeader = message({
  name: field('The header that carries the token.', requiredText(256)),
  prefix: field('What stands before the token in the header, with its spaces, such as `Bearer `.', optional(text(256))),
})

const claimToHeader = message({
  header: field('The header that is written; one that the client sent is replaced.', requiredText(256)),
  claim: field(
    'The claim: text, a number or a truth value. A dot leads into a claim that is an object.',
    requiredText(1024),
  ),
})

const jwtRule = message(
  {
    issuer: field(
      'Who issued the token: its claim `iss`. Without it tokens of any issuer are taken that the keys verify.',
      optional(requiredText(2048)),
    ),
    audiences: field(
      'Of these the token must be for at least one: its claim `aud`.',
      optional(list(requiredText(2048), 256)),
      { default: "the name of the service alone where the token's audiences are looked at" },
    ),
    jwksUri: field('Where the public keys are fetched, over http or https.', optional(webUrl), {
      alias: 'jwks_uri',
      default: 'found through the document that OpenID Connect puts below `issuer`',
    }),
    jwks: field('The public keys themselves, as the JSON of a key set (RFC 7517).', optional(text())),
    fromHeaders: field('The headers in which a token is looked for.', optional(list(jwtHeader, 64)), {
      default: '`Authorization: Bearer …`, and the parameter `access_token`',
    }),
    fromParams: field('The query parameters in which a token is looked for.', optional(list(requiredText(256), 64))),
    fromCookies: field('The cookies in which a token is looked for.', optional(list(requiredText(256), 64)), {
      since: '1.20',
    }),
    outputPayloadToHeader: field(
      'The header in which the service gets the payload of a verified token, in base64url.',
      optional(text(256)),
    ),
    forwardOriginalToken: field('The token itself is passed on to the service.', optional(bool()), {
      default: 'false',
    }),
    outputClaimToHeaders: field(
      'Claims of a verified token that the service gets as headers.',
      optional(list(claimToHeader, 64)),
      { since: '1.15' },
    ),
    timeout: field('How long the keys may take to be fetched.', optional(positiveMilliseconds()), {
      default: '5s',
      since: '1.23',
    }),
    spaceDelimitedClaims: field(
      'Claims that hold several values with spaces between them, to be matched one by one beside `scope` and `permission`.',
      optional(list(requiredText(256), 64)),
      { since: '1.29' },
    ),
  },
  {
    exclusive: [['jwksUri', 'jwks']],
  },
)

const spec = message(
  {
    ...policySelection,
    jwtRules: field(
      'Whose tokens are believed. A request without a token passes, and has no identity; one with a token that no rule verifies is refused.',
      optional(list(jwtRule, 4096)),
    ),
  },
  { exclusive: [['selector', 'targetRef', 'targetRefs']] },
)

export type RequestAuthenticationSpec = Value<typeof spec>
export type JwtRule = Value<typeof jwtRule>

export const requestAuthentication = defineKind({
  name: 'RequestAuthentication',
  description: 'Whose tokens workloads believe: JSON Web Tokens that requests carry.',
  plural: 'requestauthentications',
  shortNames: ['ra'],
  group: 'security.istio.io',
  versions: ['v1', 'v1beta1'],
  scope: 'namespaced',
  body: 'spec',
  spec,
  notInForce: 'tokens are not verified yet, so that rules about `requestPrincipals` and claims match no request',
  check({ spec }, report) {
    checkPolicySelection(spec, report)
    for (const [index, rule] of (spec.jwtRules ?? []).entries()) checkJwtRule(rule, `spec.jwtRules[${index}]`, report)
  },
})
