import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { DerError, DerReader, unsignedFrom, wholeBytesFrom } from './reader.ts'
import { tags } from './tags.ts'
import { bitString, element, namedBits, octetString, oid, sequence, time, unsignedInteger } from './writer.ts'

const reader = (hex: string): DerReader => new DerReader(Buffer.from(hex.replaceAll(' ', ''), 'hex'))

test('what is written is read back, whatever its length', () => {
  for (const length of [0, 1, 127, 128, 255, 256, 65_535, 65_536]) {
    const content = Buffer.alloc(length, 7)
    const outer = new DerReader(sequence(octetString(content), unsignedInteger(Buffer.from([5]))))
    const inner = outer.readSequence()
    assert.deepEqual(inner.read(tags.octetString).content, content)
    assert.deepEqual(unsignedFrom(inner.read(tags.integer)), Buffer.from([5]))
    inner.end()
    outer.end()
  }
})

test('unsigned integers keep their value and gain a sign byte only when they need it', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 130n }), value => {
      const hex = value.toString(16)
      const der = unsignedInteger(Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex'))
      const magnitude = unsignedFrom(new DerReader(der).read(tags.integer))
      assert.equal(BigInt(`0x${magnitude.toString('hex')}`), value)
    }),
  )
})

const notDer: Readonly<Record<string, string>> = {
  'a length cut short': '30',
  'a long length cut short': '3082 01',
  'an indefinite length': '3080 0000',
  'a length not in its shortest form': '0481 05 0102030405',
  'a length with a leading zero': '0482 0085',
  'a length of five bytes': '0485 0000000001 00',
  'a tag of several bytes': '1f8101 00',
  'content longer than what holds it': '0405 01020304',
}

for (const [fault, hex] of Object.entries(notDer)) {
  test(`${fault} is not DER`, () => assert.throws(() => reader(hex).readAny(), DerError))
}

test('integers that are negative, empty or padded are refused where a magnitude is due', () => {
  for (const hex of ['0201 80', '0200', '0202 0001']) {
    assert.throws(() => unsignedFrom(reader(hex).read(tags.integer)), DerError, hex)
  }
  assert.deepEqual(unsignedFrom(reader('0202 0080').read(tags.integer)), Buffer.from([0x80]))
})

test('a bit string with unused bits is refused where whole bytes are due', () => {
  assert.throws(() => wholeBytesFrom(reader('0302 0180').read(tags.bitString)), DerError)
  assert.throws(() => wholeBytesFrom(reader('0300').read(tags.bitString)), DerError)
  assert.deepEqual(wholeBytesFrom(new DerReader(bitString(Buffer.from([1]))).read(tags.bitString)), Buffer.from([1]))
})

test('something behind the end is refused', () => {
  const two = reader('0500 0500')
  two.readAny()
  assert.throws(() => two.end(), DerError)
})

test('random bytes give elements or DerErrors, never another exception and never more than there is', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), bytes => {
      const walk = new DerReader(Buffer.from(bytes))
      let read = 0
      try {
        while (!walk.atEnd) read += walk.readAny().raw.length
        assert.equal(read, bytes.length)
      } catch (thrown) {
        assert.ok(thrown instanceof DerError, String(thrown))
      }
    }),
    { numRuns: 2000 },
  )
})

test('object identifiers, named bits and times have their known bytes', () => {
  assert.equal(oid('1.2.840.113549.1.1.11').toString('hex'), '06092a864886f70d01010b')
  assert.equal(oid('2.5.29.17').toString('hex'), '0603551d11')
  assert.equal(namedBits([0, 2]).toString('hex'), '030205a0')
  assert.equal(namedBits([5, 6]).toString('hex'), '03020106')
  assert.equal(
    time(Date.UTC(2049, 11, 31, 23, 59, 59, 999))
      .subarray(2)
      .toString(),
    '491231235959Z',
  )
  assert.equal(
    time(Date.UTC(2050, 0, 1))
      .subarray(2)
      .toString(),
    '20500101000000Z',
  )
  assert.equal(element(tags.null).toString('hex'), '0500')
})
