import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import fc from 'fast-check'
import { parseConfigText } from './parse.ts'
import { formatProblem } from './problem.ts'

const secret = 'correcthorsebattery'
const coded = Buffer.from(secret).toString('base64')
const text = `apiVersion: v1
kind: Secret
metadata:
  name: a
  annotations:
    kubectl.kubernetes.io/last-applied-configuration: '{"stringData":{"a":"${secret}"}}'
data: {b: ${coded}}
stringData: {a: "${secret}", c: "${secret}"}
`

const shows = (parsed: ReturnType<typeof parseConfigText>): string =>
  [JSON.stringify(parsed), inspect(parsed, { depth: 20 }), ...parsed.problems.map(formatProblem)].join('\n')

test('a Secret that was read shows its values nowhere, and has them', () => {
  const parsed = parseConfigText(text, 'a.yaml')
  const [object] = parsed.objects
  assert.ok(object?.kind === 'Secret')
  assert.doesNotMatch(shows(parsed), new RegExp(`${secret}|${coded}`))
  assert.equal(Buffer.from(object.spec.data?.b ?? []).toString(), secret)
  assert.equal(Buffer.from(object.spec.stringData?.a ?? []).toString(), secret)
})

test('whatever is wrong with its text, no complaint quotes the value of a Secret', () => {
  const broken = fc
    .tuple(
      fc.nat(text.length),
      fc.nat(3),
      fc.constantFrom(
        '',
        '"',
        "'",
        '{',
        '}',
        '[',
        ']',
        ': ',
        '\n',
        '&',
        '*',
        '!',
        '|',
        '>',
        '- ',
        '#',
        '\t',
        '?',
        '@',
        '\\',
        '%',
      ),
    )
    .map(([at, length, insert]) => text.slice(0, at) + insert + text.slice(at + length))
  fc.assert(
    fc.property(broken, variant => {
      const { problems } = parseConfigText(variant, 'a.yaml')
      // A piece of it would be a leak as well.
      return !/horsebatt/.test(problems.map(formatProblem).join('\n'))
    }),
    { numRuns: 3000 },
  )
})
