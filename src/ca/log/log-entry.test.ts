import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { issuanceNumber } from '../testing/log-rig.ts'
import { issuanceEntry } from './issuance-entry.ts'
import { decodeLogEntry, encodeLogEntry, type LogEntry, logEntryKinds } from './log-entry.ts'

const text = fc.string({ unit: 'binary', maxLength: 20 })
const entries: fc.Arbitrary<LogEntry> = fc.record(
  {
    kind: fc.constantFrom(...logEntryKinds),
    atMs: fc.nat(),
    identity: text,
    serialNumber: text,
    caller: fc.record({ evidence: text, detail: text, peerAddress: text }),
    certificate: fc.record({ notAfterMs: fc.nat(), keyFingerprint: text, digest: text, issuerFingerprint: text }),
    details: fc.dictionary(fc.stringMatching(/^[a-z][A-Za-z]{0,8}$/), fc.oneof(text, fc.nat()), {
      noNullPrototype: true,
    }),
  },
  { requiredKeys: ['kind', 'atMs'] },
)

/** RFC 8785 for what entries are made of, written independently. */
function canonical(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.entries(value).filter(([, member]) => member !== undefined)
  return `{${members
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`)
    .join()}}`
}

test('an entry has one spelling, that of RFC 8785, and is read back from it', () => {
  fc.assert(
    fc.property(entries, entry => {
      const bytes = encodeLogEntry(entry)
      assert.equal(bytes.toString(), canonical({ ...entry, format: 1 }))
      assert.deepEqual(decodeLogEntry(bytes), structuredClone(entry))
      assert.deepEqual(encodeLogEntry(decodeLogEntry(bytes)), bytes)
    }),
  )
})

test('nothing of an issuance is left out', () => {
  const issuance = issuanceNumber(4)
  const bytes = encodeLogEntry(issuanceEntry(issuance)).toString()
  for (const value of Object.values(issuance)) assert.ok(bytes.includes(String(value)), String(value))
})

test('bytes that meshwright did not write are damage, never another exception', () => {
  for (const bytes of [
    '',
    'x',
    'null',
    '[]',
    '{}',
    '{"format":2,"kind":"issue","atMs":1}',
    '{"format":1,"kind":1,"atMs":1}',
  ]) {
    assert.throws(() => decodeLogEntry(Buffer.from(bytes)), { code: 'LOG_DAMAGED' }, bytes)
  }
})
