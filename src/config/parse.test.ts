import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { kindNames, objectKey } from './object.ts'
import { parseConfigText } from './parse.ts'
import { formatProblem, placeOfOrigin } from './problem.ts'
import { decodeText } from './text-encoding.ts'

const shown = (text: string): readonly string[] => parseConfigText(text, 'a.yaml').problems.map(formatProblem)

test('objects keep the order of the text, their place and their version', () => {
  const { objects, problems } = parseConfigText(
    `apiVersion: security.istio.io/v1beta1
kind: PeerAuthentication
metadata: {name: b, namespace: x, creationTimestamp: "2026-01-31T12:00:00Z", generation: 3}
spec: {}
---
apiVersion: networking.istio.io/v1alpha3
kind: Sidecar
metadata:
  name: a
  annotations: {example.com/a: "1"}
spec:
  egress:
  - hosts: ["./*"]
`,
    'a.yaml',
  )
  assert.deepEqual(problems, [])
  assert.deepEqual(objects, [
    {
      kind: 'PeerAuthentication',
      apiVersion: 'security.istio.io/v1beta1',
      metadata: {
        name: 'b',
        namespace: 'x',
        labels: {},
        annotations: {},
        creationTimestamp: '2026-01-31T12:00:00Z',
        generation: 3,
      },
      spec: {},
      origin: { source: 'file', file: 'a.yaml', line: 1, column: 1 },
    },
    {
      kind: 'Sidecar',
      apiVersion: 'networking.istio.io/v1alpha3',
      metadata: { name: 'a', namespace: 'default', labels: {}, annotations: { 'example.com/a': '1' } },
      spec: { egress: [{ hosts: ['./*'] }] },
      origin: { source: 'file', file: 'a.yaml', line: 6, column: 1 },
    },
  ])
})

test('a List is unfolded, each item with its own place and its own faults', () => {
  const parsed = parseConfigText(
    `apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Namespace
  metadata: {name: a}
- apiVersion: v1
  kind: Namespace
  metadata: {name: B}
- apiVersion: v1
  kind: Namespace
  metadata: {name: c}
`,
    'a.yaml',
  )
  assert.deepEqual(
    parsed.objects.map(object => {
      const { line, column } = placeOfOrigin(object.origin)
      return [objectKey(object), line, column]
    }),
    [
      ['/a', 4, 3],
      ['/c', 10, 3],
    ],
  )
  assert.deepEqual(
    parsed.problems.map(({ line, column, field }) => [line, column, field]),
    [[9, 20, 'metadata.name']],
  )
})

test('JSON is read like YAML', () => {
  const { objects, problems } = parseConfigText(
    '{\n\t"apiVersion": "v1",\n\t"kind": "Namespace",\n\t"metadata": {"name": "a"}\n}',
    'a.json',
  )
  assert.deepEqual([objects.length, problems], [1, []])
})

test('the same object twice: the first counts, the second is a problem that names both places', () => {
  const text = 'apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n'
  const { objects, problems } = parseConfigText(`${text}---\n${text}`, 'a.yaml')
  assert.equal(objects.length, 1)
  assert.deepEqual(problems.map(formatProblem), [
    'a.yaml:5:1: Namespace a: is defined already at a.yaml:1:1, which is in force; remove one of the two',
  ])
})

test('kinds that are none of our business are passed over, misspelt ones of ours are not', () => {
  assert.deepEqual(shown('apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\n'), [])
  assert.deepEqual(shown('apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: {name: a}\n'), [])
  assert.deepEqual(shown('apiVersion: security.istio.io/v1\nkind: PeerAuthentcation\nmetadata: {name: a}\n'), [
    'a.yaml:2:7: security.istio.io has no kind PeerAuthentcation that is known here; did you mean PeerAuthentication?',
  ])
  assert.deepEqual(shown('apiVersion: v1\nkind: ServiceEntry\nmetadata: {name: a}\n'), [
    'a.yaml:1:13: ServiceEntry is not of v1; write apiVersion: networking.istio.io/v1',
  ])
  assert.deepEqual(shown('apiVersion: networking.istio.io/v2\nkind: Sidecar\nmetadata: {name: a}\nspec: {}\n'), [
    'a.yaml:1:13: Sidecar default/a: apiVersion: Sidecar has no version v2; use v1, v1beta1, v1alpha3',
  ])
})

test('an object whose kind has no effect here is taken, with a warning that says so', () => {
  const text = 'apiVersion: security.istio.io/v1\nkind: RequestAuthentication\nmetadata: {name: a}\n'
  assert.equal(parseConfigText(text, 'a.yaml').objects.length, 1)
  assert.match(
    shown(text)[0] ?? '',
    /^a.yaml:1:1: RequestAuthentication default\/a: has no effect in this version: tokens are not verified yet/,
  )
})

test('documents that are no objects are refused with their place', () => {
  assert.deepEqual(shown('- a\n'), ['a.yaml:1:1: is not an object; write apiVersion, kind and metadata'])
  assert.deepEqual(shown('kind: Pod\n'), ['a.yaml:1:1: has no apiVersion; add it, for example networking.istio.io/v1'])
  assert.deepEqual(shown('apiVersion: v1\n'), ['a.yaml:1:1: has no kind; add it, for example ServiceEntry'])
  assert.deepEqual(shown('apiVersion: v1\nkind: Pod\n'), ['a.yaml:1:1: Pod: metadata: is required'])
  assert.deepEqual(shown('apiVersion: v1\nkind: Pod\nmetadata: {}\n'), ['a.yaml:3:11: Pod: metadata.name: is required'])
})

test('a top-level field that an Istio kind does not have is refused', () => {
  assert.deepEqual(
    shown('apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: {name: a}\nsepc: {}\n'),
    [
      'a.yaml:4:1: PeerAuthentication default/a: sepc: is not a known field; PeerAuthentication has apiVersion, kind, metadata and spec',
    ],
  )
})

test('an object above 1 MiB is refused, and its neighbour is not', () => {
  const { objects, problems } = parseConfigText(
    `apiVersion: v1\nkind: Namespace\nmetadata: {name: a, annotations: {a: "${'x'.repeat(1024 * 1024)}"}}\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: b}\n`,
    'a.yaml',
  )
  assert.deepEqual([objects.map(objectKey), problems.length], [['/b'], 1])
  assert.match(problems[0]?.reason ?? '', /more than 1 MiB/)
})

test('names and namespaces follow the rules of Kubernetes', () => {
  const place = (metadata: string): string | undefined =>
    parseConfigText(`apiVersion: v1\nkind: Pod\nmetadata: ${metadata}\n`, 'a.yaml').problems[0]?.field
  assert.equal(place('{name: A}'), 'metadata.name')
  assert.equal(place('{name: a/b}'), 'metadata.name')
  assert.equal(place(`{name: ${'a'.repeat(254)}}`), 'metadata.name')
  assert.equal(place('{name: a.b-c}'), undefined)
  assert.equal(place('{name: a, namespace: b.c}'), 'metadata.namespace')
  assert.equal(place('{name: a, labels: {"a b": c}}'), 'metadata.labels.a b')
  assert.equal(place('{name: a, creationTimestamp: yesterday}'), 'metadata.creationTimestamp')
})

test('every kind is read', () => {
  const text = readFileSync(new URL('corpus/every-kind.yaml', import.meta.url), 'utf8')
  const { objects, problems } = parseConfigText(text, 'a.yaml')
  assert.deepEqual(
    problems.filter(problem => !problem.reason.startsWith('has no effect')),
    [],
  )
  assert.deepEqual(objects.map(object => object.kind).sort(), [...kindNames])
})

const corpus = readdirSync(new URL('corpus/', import.meta.url)).sort()

for (const name of corpus) {
  test(`corpus: ${name} is read without an exception`, () => {
    const decoded = decodeText(readFileSync(new URL(`corpus/${name}`, import.meta.url)))
    if (decoded.kind === 'text') isSound(decoded.text)
  })
}

test('whatever the text is, the answer is objects and problems with places', () => {
  const texts = corpus.map(name => readFileSync(new URL(`corpus/${name}`, import.meta.url), 'latin1'))
  const mutated = fc
    .tuple(fc.constantFrom(...texts), fc.nat(), fc.nat(40), fc.string({ unit: 'binary', maxLength: 8 }))
    .map(([text, at, length, insert]) => {
      const start = text.length === 0 ? 0 : at % text.length
      return text.slice(0, start) + insert + text.slice(start + length)
    })
  const pieces = fc.constantFrom(
    'a',
    ': ',
    '\n',
    '  ',
    '- ',
    '{',
    '}',
    '[',
    ']',
    '"',
    "'",
    '|\n',
    '>',
    '&a ',
    '*a',
    '!t ',
    '---\n',
    '?',
    '#',
    '\t',
    'kind: Pod\n',
    'apiVersion: v1\n',
    'metadata: {name: a}\n',
    'spec: ',
    '<<: ',
    '\0',
    '\ufeff',
  )
  const assembled = fc.array(pieces, { maxLength: 60 }).map(parts => parts.join(''))
  fc.assert(fc.property(fc.oneof(mutated, assembled, fc.string({ unit: 'binary' })), isSound), { numRuns: 400 })
})

function isSound(text: string): void {
  const { objects, problems, syntax } = parseConfigText(text, 'a.yaml')
  if (syntax === 'broken') assert.ok(objects.length === 0 && problems.length > 0)
  for (const { line, column, reason } of problems) assert.ok(line >= 1 && column >= 1 && reason !== '')
  for (const object of objects) assert.ok(Object.isFrozen(object) && object.metadata.name !== '')
}

test('an object of more values than can be checked in time is refused, and so is one of many tokens in YAML that takes long to read', () => {
  const object = (hosts: number, head = ''): string =>
    `${head}apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: a, namespace: b}\nspec:\n  hosts: [a]\n  http:\n${'  - route: [{destination: {host: b}}]\n'.repeat(hosts)}`
  const reasons = (text: string): readonly string[] =>
    parseConfigText(text, 'a.yaml')
      .problems.filter(({ severity }) => severity === 'error')
      .map(({ line, reason }) => `${line} ${reason}`)
  assert.deepEqual(reasons(object(4000)), [])
  assert.deepEqual(reasons(object(5000)), ['1 holds more than 25000 values'])
  const directive = '%YAML 1.2\n---\n'
  assert.deepEqual(reasons(object(100, directive)), [])
  assert.match(reasons(object(1000, directive))[0] ?? '', /^3 holds \d+ tokens, more than 4000/)
})
