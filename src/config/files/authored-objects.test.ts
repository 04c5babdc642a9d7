import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { createLog } from '../../platform/log.ts'
import { type AuthoredObject, readAuthoredObjects } from './authored-objects.ts'

const read = (places: readonly string[], input = '') =>
  readAuthoredObjects(places, createLog('error'), () => Buffer.from(input))

const fromInput = (input: string): readonly AuthoredObject[] => read(['-'], input)

const text = `# a comment
apiVersion: v1
kind: Service
metadata:
  name: web
  annotations:
    example.com/a.b: x
spec:
  ports:
    - number: 80
      target_port: 8080
---
kind: List
items:
  - kind: Sidecar
`

test('every document, and every item of a list, is an object with the places of its fields', () => {
  const [service, sidecar, ...others] = fromInput(text)
  assert.ok(service !== undefined && sidecar !== undefined)
  assert.equal(others.length, 0)
  assert.deepEqual(service.object.spec, { ports: [{ number: 80, target_port: 8080 }] })
  const line = (field: string): number => service.placeOf(field).line
  assert.equal(line(''), 2)
  assert.equal(line('metadata.annotations.example.com/a.b'), 7)
  assert.equal(line('spec.ports[0].number'), 10)
  assert.equal(line('spec.ports[0].targetPort'), 11)
  assert.equal(line('spec.ports[0].protocol'), 10, 'of a field that is not written, what is around it')
  assert.equal(line('spec.ports[7]'), 10)
  assert.deepEqual(sidecar.placeOf('kind'), { line: 15, column: 11 })
})

test('files and folders are read in the order of their names, and named as the user would', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'meshwright-authored-'))
  try {
    mkdirSync(path.join(folder, 'deeper'))
    for (const name of ['b.yaml', 'a.yaml', 'deeper/c.json', '.hidden.yaml', 'notes.txt'])
      writeFileSync(path.join(folder, name), JSON.stringify({ kind: name }))
    assert.deepEqual(
      read([folder]).map(({ object, file }) => [object.kind, path.relative(folder, file)]),
      ['a.yaml', 'b.yaml', 'deeper/c.json'].map(name => [name, name]),
    )
    assert.throws(() => read([path.join(folder, 'none')]), { code: 'CONFIG_DIRECTORY_UNREADABLE' })
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('what is no sound YAML is refused with its place, all of it at once', () => {
  for (const [input, reason] of [
    ['a: &x 1\nb: *x\n', /stdin:2:4: YAML aliases/],
    ['a: 1\na: 2\n', /stdin:2:1: the key is written twice/],
    ['- a\n', /stdin:1:1: is not an object/],
    ['a: [\n', /stdin:/],
  ] as const) {
    assert.throws(() => fromInput(input), { code: 'CONFIG_INVALID', message: reason })
  }
})
