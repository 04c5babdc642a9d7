import type { RuleTable } from '../rule-cases.ts'
import { selectionCases, singleTargetCases } from './policy-selection.ts'

const rule = (rest: string): string => `spec: {jwtRules: [{issuer: https://i.example, ${rest}}]}`
const keys = (text: string): string => rule(`jwks: '${text}'`)
const rsa = '{"kty":"RSA","n":"qg","e":"AQAB"}'

export const requestAuthenticationRules: RuleTable = {
  kind: 'RequestAuthentication',
  apiVersion: 'security.istio.io/v1',
  examples: [
    `spec:
  selector: {matchLabels: {app: a}}
  jwtRules:
  - issuer: anybody
    audiences: [a]
    jwks_uri: http://i.example/keys
    fromHeaders: [{name: X-Token, prefix: "Bearer "}]
    fromParams: [token]
    fromCookies: [token]
    outputPayloadToHeader: x-payload
    forwardOriginalToken: true
    outputClaimToHeaders: [{header: x-group, claim: nested.group}]
    timeout: 1s
    spaceDelimitedClaims: [roles]
  - issuer: anybody
    jwks: '{"keys": [${rsa}, {"kty":"EC","crv":"P-256","x":"aa","y":"bb"}, {"kty":"OKP","crv":"Ed25519","x":"aa"}]}'`,
    'spec: {targetRef: {kind: Gateway, group: gateway.networking.k8s.io, name: a, namespace: ""}}',
    'spec: {targetRefs: [{kind: Service, group: "", name: a}]}',
  ],
  cases: [
    ...selectionCases(''),
    ...singleTargetCases(''),
    {
      rule: 'a rule names neither issuer nor keys',
      refused: 'spec: {jwtRules: [{forwardOriginalToken: true}]}',
      accepted: 'spec: {jwtRules: [{jwksUri: "https://a", forwardOriginalToken: true}]}',
      field: 'spec.jwtRules[0].issuer',
    },
    {
      rule: 'an issuer is empty',
      refused: 'spec: {jwtRules: [{jwksUri: "https://a", issuer: ""}]}',
      accepted: 'spec: {jwtRules: [{jwksUri: "https://a", issuer: a}]}',
      field: 'spec.jwtRules[0].issuer',
    },
    {
      rule: 'keys have two sources',
      refused: rule(`jwksUri: "https://a", jwks: '${rsa}'`),
      accepted: rule(`jwks: '${rsa}'`),
      field: 'spec.jwtRules[0].jwks',
    },
    {
      rule: 'keys are fetched from a file',
      refused: rule('jwksUri: "file:///keys"'),
      accepted: rule('jwksUri: "http://a/keys"'),
      field: 'spec.jwtRules[0].jwksUri',
    },
    {
      rule: 'the place of the keys is no URL',
      refused: rule('jwksUri: "https://a:b/keys"'),
      accepted: rule('jwksUri: "https://a:1/keys"'),
      field: 'spec.jwtRules[0].jwksUri',
    },
    {
      rule: 'keys cannot be found by the issuer',
      warns: true,
      refused: 'spec: {jwtRules: [{issuer: i.example}]}',
      accepted: 'spec: {jwtRules: [{issuer: "https://i.example"}]}',
      field: 'spec.jwtRules[0].issuer',
    },
    {
      rule: 'keys are no JSON',
      refused: keys('{"keys":[]'),
      accepted: keys('{"keys":[]}'),
      field: 'spec.jwtRules[0].jwks',
    },
    {
      rule: 'a key has no known type',
      refused: keys('{"keys":[{"kty":"DSA","n":"qg","e":"AQAB"}]}'),
      accepted: keys(`{"keys":[${rsa}]}`),
      field: 'spec.jwtRules[0].jwks',
    },
    {
      rule: 'a key lacks a part',
      refused: keys('{"keys":[{"kty":"EC","crv":"P-256","x":"aa"}]}'),
      accepted: keys('{"keys":[{"kty":"EC","crv":"P-256","x":"aa","y":"bb"}]}'),
      field: 'spec.jwtRules[0].jwks',
    },
    {
      rule: 'a key is private',
      warns: true,
      refused: keys(`{"keys":[{"kty":"RSA","n":"qg","e":"AQAB","d":"qg"}]}`),
      accepted: keys(`{"keys":[${rsa}]}`),
      field: 'spec.jwtRules[0].jwks',
    },
    {
      rule: 'a key is shared',
      warns: true,
      refused: keys('{"kty":"oct","k":"qg"}'),
      accepted: keys(rsa),
      field: 'spec.jwtRules[0].jwks',
    },
    {
      rule: 'an audience is empty',
      refused: rule('audiences: [""]'),
      accepted: rule('audiences: [a]'),
      field: 'spec.jwtRules[0].audiences[0]',
    },
    {
      rule: 'the header of a token has no name',
      refused: rule('fromHeaders: [{prefix: a}]'),
      accepted: rule('fromHeaders: [{prefix: a, name: b}]'),
      field: 'spec.jwtRules[0].fromHeaders[0].name',
    },
    {
      rule: 'the header of a token is none',
      refused: rule('fromHeaders: [{name: a b}]'),
      accepted: rule('fromHeaders: [{name: a.b}]'),
      field: 'spec.jwtRules[0].fromHeaders[0].name',
    },
    {
      rule: 'the parameter of a token is empty',
      refused: rule('fromParams: [""]'),
      accepted: rule('fromParams: [a]'),
      field: 'spec.jwtRules[0].fromParams[0]',
    },
    {
      rule: 'the cookie of a token is empty',
      refused: rule('fromCookies: [""]'),
      accepted: rule('fromCookies: [a]'),
      field: 'spec.jwtRules[0].fromCookies[0]',
    },
    {
      rule: 'the header of the payload is none',
      refused: rule('outputPayloadToHeader: "a:b"'),
      accepted: rule('outputPayloadToHeader: "a-b"'),
      field: 'spec.jwtRules[0].outputPayloadToHeader',
    },
    {
      rule: 'the header of a claim is none',
      refused: rule('outputClaimToHeaders: [{header: a.b, claim: c}]'),
      accepted: rule('outputClaimToHeaders: [{header: a_b, claim: c}]'),
      field: 'spec.jwtRules[0].outputClaimToHeaders[0].header',
    },
    {
      rule: 'the claim of a header is empty',
      refused: rule('outputClaimToHeaders: [{header: a, claim: ""}]'),
      accepted: rule('outputClaimToHeaders: [{header: a, claim: c}]'),
      field: 'spec.jwtRules[0].outputClaimToHeaders[0].claim',
    },
    {
      rule: 'the time that keys may take is finer than a millisecond',
      refused: rule('timeout: 1.5ms'),
      accepted: rule('timeout: 2ms'),
      field: 'spec.jwtRules[0].timeout',
    },
    {
      rule: 'keys may take no time',
      refused: rule('timeout: 0.9ms'),
      accepted: rule('timeout: 1ms'),
      field: 'spec.jwtRules[0].timeout',
    },
    {
      rule: 'a claim of several values is empty',
      refused: rule('spaceDelimitedClaims: [""]'),
      accepted: rule('spaceDelimitedClaims: [a]'),
      field: 'spec.jwtRules[0].spaceDelimitedClaims[0]',
    },
  ],
}
