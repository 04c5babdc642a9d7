import assert from 'node:assert/strict'
import { test } from 'node:test'
import { settingsKindOf } from './recognise-settings.ts'

const cases: readonly (readonly [text: string, kind: ReturnType<typeof settingsKindOf>])[] = [
  ['connectTimeout: 1s\n', 'mesh config'],
  ['default_config: {}\nunknown: 1\n', 'mesh config'],
  ['networks: {}\n', 'mesh networks'],
  ['apiVersion: v1\nkind: ConfigMap\ndata: {mesh: ""}\n', undefined],
  ['kind: Pod\ntrustDomain: a\n', undefined],
  ['unknown: 1\n', undefined],
  ['trustDomain: a\n---\ntrustDomain: b\n', undefined],
  ['- trustDomain: a\n', undefined],
  ['trustDomain: [\n', undefined],
  ['', undefined],
]

for (const [text, kind] of cases) {
  test(`${JSON.stringify(text)} is ${kind ?? 'no settings'}`, () => assert.equal(settingsKindOf(text), kind))
}
