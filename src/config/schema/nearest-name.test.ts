import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nearestName } from './nearest-name.ts'

const known = ['trustDomain', 'trustDomainAliases', 'accessLogFile', 'accessLogFormat', 'ca', 'meshMTLS'] as const

const cases: readonly (readonly [written: string, meant: string | undefined])[] = [
  ['trustDomian', 'trustDomain'],
  ['trust_domain_alias', 'trustDomainAliases'],
  ['TRUSTDOMAIN', 'trustDomain'],
  ['accesLogFle', 'accessLogFile'],
  ['accessLog', 'accessLogFile'],
  ['meshMtls', 'meshMTLS'],
  ['cas', 'ca'],
  ['proxy', undefined],
  ['', undefined],
  ['a'.repeat(100_000), undefined],
]

for (const [written, meant] of cases) {
  test(`${JSON.stringify(written.slice(0, 20))} means ${meant ?? 'nothing that is known'}`, () =>
    assert.equal(nearestName(written, known), meant))
}
