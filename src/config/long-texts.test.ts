/** Texts as long as they may be, made so that an expression which goes over them again and again would not end today. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hasLonePercent } from './meaning/format-commands.ts'
import { parseConfigText } from './parse.ts'

const longest = 250_000

const objectOf = (kind: string, group: string, spec: object): string =>
  JSON.stringify({ apiVersion: `${group}.istio.io/v1`, kind, metadata: { name: 'a', namespace: 'b' }, spec })
const virtualService = (header: string): string =>
  objectOf('VirtualService', 'networking', {
    hosts: ['a.b'],
    http: [{ headers: { request: { set: { a: header } } }, route: [{ destination: { host: 'a.b' } }] }],
  })
const authorizationPolicy = (key: string): string =>
  objectOf('AuthorizationPolicy', 'security', { rules: [{ when: [{ key, values: ['a'] }] }] })
const envoyFilter = (typeUrl: string): string =>
  JSON.stringify({
    apiVersion: 'networking.istio.io/v1alpha3',
    kind: 'EnvoyFilter',
    metadata: { name: 'a', namespace: 'b' },
    spec: {
      configPatches: [
        {
          applyTo: 'HTTP_FILTER',
          patch: { operation: 'ADD', value: { name: 'a', typed_config: { '@type': typeUrl } } },
        },
      ],
    },
  })

const texts: readonly (readonly [what: string, object: string, complaint: RegExp])[] = [
  ['commands that are not closed', virtualService('%A('.repeat(longest / 3)), /holds a lone %/],
  ['brackets that are not closed', authorizationPolicy(`request.headers${'['.repeat(longest)}\n`), /does not name one/],
  ['names of messages', envoyFilter(`x/${'.A'.repeat(longest / 2)}\n`), /is not known here/],
]
for (const [what, object, complaint] of texts) {
  test(`${what}: a long text is gone over once`, () => {
    const { problems } = parseConfigText(object, 'a.json')
    assert.ok(problems.some(({ reason }) => complaint.test(reason)))
  })
}

test('a percent sign that is neither doubled nor of a command is found', () => {
  for (const text of ['', 'a', '%%', '%A%', '%A(%b)%', '%REQ(X?Y):10%a%B_1%%%', '%A%%B%'])
    assert.equal(hasLonePercent(text), false, text)
  for (const text of ['%', 'a%', '%%%', '%a%', '%A', '%A(b)', '%A(b)x%', '%A:%', '%A% %', '%()%'])
    assert.equal(hasLonePercent(text), true, text)
})
