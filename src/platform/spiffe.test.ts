import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { MeshwrightError } from './errors.ts'
import { isTrustDomain, parseSpiffeId, spiffeIdOf } from './spiffe.ts'

const refuses = (text: string): void => {
  assert.throws(
    () => parseSpiffeId(text),
    thrown => thrown instanceof MeshwrightError && thrown.code === 'SPIFFE_ID_INVALID',
    JSON.stringify(text),
  )
}

test('an identity comes apart into trust domain, namespace and service account', () => {
  const id = parseSpiffeId('spiffe://cluster.local/ns/photo-app/sa/web.v2')
  assert.deepEqual(
    { ...id },
    {
      uri: 'spiffe://cluster.local/ns/photo-app/sa/web.v2',
      trustDomain: 'cluster.local',
      namespace: 'photo-app',
      serviceAccount: 'web.v2',
    },
  )
  assert.ok(Object.isFrozen(id))
})

const tricks: Readonly<Record<string, readonly string[]>> = {
  'percent-encoding': [
    'spiffe://td/ns/%61/sa/b',
    'spiffe://td/ns/a/sa/b%00',
    'spiffe://t%64/ns/a/sa/b',
    'spiffe://td/ns/a%2Fsa/sa/b',
  ],
  'relative segments': [
    'spiffe://td/ns/../sa/b',
    'spiffe://td/ns/a/sa/..',
    'spiffe://td/ns/./sa/b',
    'spiffe://td/x/../ns/a/sa/b',
  ],
  'empty segments': [
    'spiffe://td//ns/a/sa/b',
    'spiffe://td/ns//sa/b',
    'spiffe://td/ns/a/sa/',
    'spiffe:///ns/a/sa/b',
    'spiffe://td/ns/a//sa/b',
  ],
  'a slash at the end': ['spiffe://td/ns/a/sa/b/'],
  'an upper-case trust domain': ['spiffe://TD/ns/a/sa/b', 'spiffe://Td.local/ns/a/sa/b'],
  'another case of the scheme or of the fixed segments': [
    'SPIFFE://td/ns/a/sa/b',
    'spiffe://td/NS/a/sa/b',
    'spiffe://td/ns/a/SA/b',
  ],
  'control characters (CVE-2025-66220)': [
    'spiffe://td/ns/a\u0000/sa/b',
    'spiffe://td/ns/a/sa/b\n',
    '\tspiffe://td/ns/a/sa/b',
    'spiffe://td\r/ns/a/sa/b',
    'spiffe://td/ns/a/sa/b\u007f',
  ],
  spaces: [' spiffe://td/ns/a/sa/b', 'spiffe://td/ns/a/sa/b ', 'spiffe://td/ns/a b/sa/c'],
  'letters beyond ASCII': [
    'spiffe://tdé/ns/a/sa/b',
    'spiffe://td/ns/а/sa/b',
    'spiffe://td/ns/a/sa/b\u200b',
    'spiffe://td／ns／a/sa/b',
  ],
  'more than 2048 bytes': [`spiffe://td/ns/a/sa/${'b'.repeat(2029)}`],
  'a query': ['spiffe://td/ns/a/sa/b?', 'spiffe://td/ns/a/sa/b?x=1', 'spiffe://td?x/ns/a/sa/b'],
  'a fragment': ['spiffe://td/ns/a/sa/b#', 'spiffe://td#/ns/a/sa/b'],
  'a port': ['spiffe://td:443/ns/a/sa/b', 'spiffe://td:/ns/a/sa/b'],
  'user information': ['spiffe://user@td/ns/a/sa/b', 'spiffe://user:pass@td/ns/a/sa/b', 'spiffe://@td/ns/a/sa/b'],
  'another scheme': ['https://td/ns/a/sa/b', 'spiffe:/td/ns/a/sa/b', 'spiffe:td/ns/a/sa/b', 'td/ns/a/sa/b', ''],
  'missing or additional segments': [
    'spiffe://td',
    'spiffe://td/',
    'spiffe://td/ns/a',
    'spiffe://td/ns/a/sa',
    'spiffe://td/ns/a/sa/b/c',
  ],
  'a comma or another separator that lists use': [
    'spiffe://td/ns/a/sa/b,spiffe://td/ns/a/sa/c',
    'spiffe://td/ns/a/sa/b;c',
    'spiffe://td/ns/a*/sa/b',
  ],
  'a backslash': ['spiffe://td\\ns\\a\\sa\\b', 'spiffe://td/ns/a/sa/b\\c'],
}

for (const [trick, texts] of Object.entries(tricks)) {
  test(`SPI-01-003: an identity with ${trick} is refused`, () => texts.forEach(refuses))
}

test('the longest identity of 2048 bytes is taken', () => {
  const longest = `spiffe://td/ns/a/sa/${'b'.repeat(2028)}`
  assert.equal(longest.length, 2048)
  assert.equal(parseSpiffeId(longest).uri, longest)
})

test('a trust domain may have 255 bytes and no more', () => {
  assert.ok(isTrustDomain('a'.repeat(255)))
  assert.ok(!isTrustDomain('a'.repeat(256)))
  assert.ok(!isTrustDomain(''))
})

test('parts that could change the meaning of the identity are refused when it is put together', () => {
  assert.throws(() => spiffeIdOf({ trustDomain: 'td', namespace: 'a/sa/admin', serviceAccount: 'b' }))
  assert.throws(() => spiffeIdOf({ trustDomain: 'td/ns/x', namespace: 'a', serviceAccount: 'b' }))
  assert.throws(() => spiffeIdOf({ trustDomain: 'td', namespace: '', serviceAccount: 'b' }))
})

test('a text is refused or is exactly what its parts make: nothing is normalised', () => {
  const piece = fc.stringMatching(/^[A-Za-z0-9._%/-]{0,6}$/)
  fc.assert(
    fc.property(fc.tuple(piece, piece, piece), ([a, b, c]) => {
      const text = `spiffe://${a}/ns/${b}/sa/${c}`
      try {
        const id = parseSpiffeId(text)
        assert.equal(id.uri, text)
        assert.equal(spiffeIdOf(id).uri, text)
      } catch (thrown) {
        assert.ok(thrown instanceof MeshwrightError, String(thrown))
      }
    }),
  )
})

test('a refusal shows control characters escaped and cuts long texts', () => {
  assert.throws(
    () => parseSpiffeId(`spiffe://td/\u001b[2J${'x'.repeat(1000)}`),
    (thrown: Error) => {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: this is what must not be there
      assert.doesNotMatch(thrown.message, /[\u0000-\u001f]/)
      assert.ok(thrown.message.length < 300)
      return true
    },
  )
})
