/** Texts as long as they may be, made so that an expression which goes over them again and again would not end today. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hasLonePercent } from './meaning/format-commands.ts'
import { parseConfigText } from './parse.ts'

const longest = 250_000

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

test('a long name of a message is gone over once', () => {
  const { problems } = parseConfigText(envoyFilter(`x/${'.A'.repeat(longest / 2)}\n`), 'a.json')
  assert.ok(problems.some(({ reason }) => reason.includes('is not known here')))
})

test('commands of a formatter that are not closed are gone over once', () => {
  assert.equal(hasLonePercent('%A('.repeat(longest)), true)
})

test('a percent sign that is neither doubled nor of a command is found', () => {
  for (const text of ['', 'a', '%%', '%A%', '%A(%b)%', '%REQ(X?Y):10%a%B_1%%%', '%A%%B%'])
    assert.equal(hasLonePercent(text), false, text)
  for (const text of ['%', 'a%', '%%%', '%a%', '%A', '%A(b)', '%A(b)x%', '%A:%', '%A% %', '%()%'])
    assert.equal(hasLonePercent(text), true, text)
})
