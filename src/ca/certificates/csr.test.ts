import assert from 'node:assert/strict'
import { createHash, generateKeyPairSync, type KeyObject, sign, webcrypto } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { MeshwrightError } from '../../platform/errors.ts'
import { oids } from '../der/oids.ts'
import { bitString, derNull, element, sequence, unsignedInteger } from '../der/writer.ts'
import { opensslCsr, p256 } from '../testing/openssl.ts'
import { greedyCsr, newCsr, newKeys } from '../testing/requests.ts'
import { verifyCsr } from './csr.ts'
import { derFromPem, pemFromDer } from './pem.ts'

const label = 'CERTIFICATE REQUEST'

function refuses(pem: string, why: RegExp): void {
  assert.throws(
    () => verifyCsr(pem),
    thrown => thrown instanceof MeshwrightError && thrown.code === 'CA_CSR_INVALID' && why.test(thrown.message),
  )
}

/** A request of our own making, so that each part can be wrong. */
function forge(parts: {
  readonly spki: Buffer
  readonly key: KeyObject
  readonly algorithm?: Buffer
  readonly version?: number
}): string {
  const info = sequence(unsignedInteger(Buffer.from([parts.version ?? 0])), sequence(), parts.spki, element(0xa0))
  const algorithm = parts.algorithm ?? sequence(oids.ecdsaWithSha256)
  return pemFromDer(label, sequence(info, algorithm, bitString(sign('sha256', info, parts.key))))
}

const ecPair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const ecSpki = ecPair.publicKey.export({ format: 'der', type: 'spki' })
const rsaPair = generateKeyPairSync('rsa', { modulusLength: 2048 })

function rsaSpki(modulus: Buffer, exponent: Buffer): Buffer {
  const key = sequence(unsignedInteger(modulus), unsignedInteger(exponent))
  return sequence(sequence(oids.rsaEncryption, derNull), bitString(key))
}
const rsaSha256 = sequence(oids.sha256WithRsa, derNull)
const rsaModulus = Buffer.from(rsaPair.publicKey.export({ format: 'jwk' }).n ?? '', 'base64url')

for (const [name, options] of Object.entries({
  'P-256': p256,
  'P-384': ['ec', '-pkeyopt', 'ec_paramgen_curve:P-384', '-sha384'],
  'RSA-2048': ['rsa:2048'],
})) {
  test(`a request by openssl with a ${name} key is verified`, () => {
    const { publicKey } = verifyCsr(opensslCsr(options))
    assert.equal(publicKey.kind, name.startsWith('RSA') ? 'rsa' : 'ec')
    assert.equal(publicKey.fingerprint, createHash('sha256').update(publicKey.info).digest('hex'))
  })
}

test('requests by another library on both curves and with all hashes give its own public key', async () => {
  for (const curve of ['P-256', 'P-384']) {
    for (const hash of ['SHA-256', 'SHA-384', 'SHA-512']) {
      const keys = await newKeys(curve)
      const { publicKey } = verifyCsr(await greedyCsr(keys, hash))
      const due = Buffer.from(await webcrypto.subtle.exportKey('spki', keys.publicKey))
      assert.deepEqual(publicKey.info, due)
    }
  }
})

test('the older label, text around the block and Windows line ends are taken', async () => {
  const pem = await newCsr()
  const { fingerprint } = verifyCsr(pem).publicKey
  for (const variant of [
    pem.replaceAll('CERTIFICATE REQUEST', 'NEW CERTIFICATE REQUEST'),
    `Certificate Request:\n  Data: …\n${pem}\n\n`,
    pem.replaceAll('\n', '\r\n'),
  ]) {
    assert.equal(verifyCsr(variant).publicKey.fingerprint, fingerprint)
  }
})

test('anything but one PEM block of a request is refused', async () => {
  const pem = await newCsr()
  for (const text of [
    '',
    'x',
    pem + pem,
    pem.replaceAll(label, 'CERTIFICATE'),
    pem.replace('-----END', ''),
    pem.replace('M', '!'),
  ]) {
    refuses(text, /not properly encoded/)
  }
  refuses(pem + ' '.repeat(20_000), /longer than/)
})

test('keys of other kinds and curves are refused', () => {
  refuses(opensslCsr(['ec', '-pkeyopt', 'ec_paramgen_curve:P-521']), /neither P-256 nor P-384/)
  refuses(opensslCsr(['ec', '-pkeyopt', 'ec_paramgen_curve:secp256k1']), /neither P-256 nor P-384/)
  refuses(
    opensslCsr(['ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-pkeyopt', 'ec_param_enc:explicit']),
    /neither P-256 nor P-384/,
  )
  refuses(opensslCsr(['ed25519']), /do not allow Ed25519/)
  refuses(opensslCsr(['rsa:1024']), /1024 bits/)
  refuses(opensslCsr(['rsa:2048', '-sha1']), /signature algorithm/)
  refuses(opensslCsr(['rsa:2048', '-sigopt', 'rsa_padding_mode:pss']), /signature algorithm/)
  refuses(opensslCsr(['rsa-pss', '-pkeyopt', 'rsa_keygen_bits:2048']), /./)
})

test('an RSA key with exponent 1, an even or a huge one, or an even modulus, is refused', () => {
  const request = (modulus: Buffer, exponent: Buffer): string =>
    forge({ spki: rsaSpki(modulus, exponent), key: rsaPair.privateKey, algorithm: rsaSha256 })
  verifyCsr(request(rsaModulus, Buffer.from([1, 0, 1])))
  refuses(request(rsaModulus, Buffer.from([1])), /exponent/)
  refuses(request(rsaModulus, Buffer.from([0])), /exponent/)
  refuses(request(rsaModulus, Buffer.from([1, 0, 0])), /exponent/)
  refuses(request(rsaModulus, Buffer.from([1, 0, 0, 0, 1])), /exponent/)
  const even = Buffer.from(rsaModulus)
  even[even.length - 1] = 2
  refuses(request(even, Buffer.from([1, 0, 1])), /modulus is even/)
})

test('Ed25519 keys are verified where they are allowed, and nothing else changes there', () => {
  const allowed = { ed25519: 'allowed' } as const
  assert.equal(verifyCsr(opensslCsr(['ed25519']), allowed).publicKey.kind, 'ed25519')
  assert.equal(verifyCsr(opensslCsr(p256), allowed).publicKey.kind, 'ec')
  assert.throws(() => verifyCsr(opensslCsr(['ed448']), allowed), { code: 'CA_CSR_INVALID' })
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const spki = publicKey.export({ format: 'der', type: 'spki' })
  const info = sequence(unsignedInteger(Buffer.from([0])), sequence(), spki, element(0xa0))
  const request = (signature: Buffer, algorithm = sequence(oids.ed25519)): string =>
    pemFromDer(label, sequence(info, algorithm, bitString(signature)))
  const signature = sign(null, info, privateKey)
  verifyCsr(request(signature), allowed)
  const other = generateKeyPairSync('ed25519').privateKey
  for (const [pem, why] of [
    [request(sign(null, info, other)), /not made by its key/],
    [request(signature, sequence(oids.ed25519, derNull)), /parameters/],
    [request(sign('sha256', info, ecPair.privateKey), sequence(oids.ecdsaWithSha256)), /another kind/],
    [forge({ spki: ecSpki, key: ecPair.privateKey, algorithm: sequence(oids.ed25519) }), /another kind/],
    [forge({ spki: spki.subarray(0, -1), key: ecPair.privateKey }), /./],
  ] as const) {
    assert.throws(() => verifyCsr(pem, allowed), why)
  }
})

test('an RSA modulus with a small factor is refused', () => {
  const exponent = Buffer.from([1, 0, 1])
  for (const prime of [3n, 7n, 751n]) {
    const value = (BigInt(`0x${rsaModulus.toString('hex')}`) / prime) * prime
    const odd = value % 2n === 0n ? value - prime : value
    const modulus = Buffer.from(odd.toString(16).padStart(512, '0'), 'hex')
    refuses(forge({ spki: rsaSpki(modulus, exponent), key: rsaPair.privateKey, algorithm: rsaSha256 }), /small factor/)
  }
})

test('the request is kept as one block without the text around it', async () => {
  const pem = await newCsr()
  assert.equal(verifyCsr(`secret\n${pem}\ntrailer`).publicKey.request?.().trim(), pem.trim())
})

test('an RSA key just below 2048 bits is refused', () => {
  const short = Buffer.from(rsaModulus)
  short[0] = 0x7f
  refuses(
    forge({ spki: rsaSpki(short, Buffer.from([1, 0, 1])), key: rsaPair.privateKey, algorithm: rsaSha256 }),
    /2047 bits/,
  )
})

test('a point that is not on its curve, compressed, or of another length is refused', () => {
  const point = ecSpki.subarray(-65)
  const spki = (curve: Buffer, bits: Buffer): Buffer => sequence(sequence(oids.ecPublicKey, curve), bitString(bits))
  const offCurve = Buffer.from(point)
  offCurve[64] = (offCurve[64] ?? 0) ^ 1
  refuses(forge({ spki: spki(oids.prime256v1, offCurve), key: ecPair.privateKey }), /not a valid one/)
  const compressed = Buffer.concat([Buffer.from([2 + ((point[64] ?? 0) & 1)]), point.subarray(1, 33)])
  refuses(forge({ spki: spki(oids.prime256v1, compressed), key: ecPair.privateKey }), /uncompressed/)
  refuses(forge({ spki: spki(oids.secp384r1, point), key: ecPair.privateKey }), /uncompressed/)
})

test('a signature of another kind than the key, by another key, or over other bytes is refused', async () => {
  refuses(forge({ spki: ecSpki, key: rsaPair.privateKey, algorithm: rsaSha256 }), /another kind/)
  const other = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  refuses(forge({ spki: ecSpki, key: other.privateKey }), /not made by its key/)
  refuses(
    forge({ spki: ecSpki, key: ecPair.privateKey, algorithm: sequence(oids.ecdsaWithSha384) }),
    /not made by its key/,
  )
  refuses(
    forge({ spki: ecSpki, key: ecPair.privateKey, algorithm: sequence(oids.ecdsaWithSha256, derNull) }),
    /parameters/,
  )
  refuses(forge({ spki: ecSpki, key: ecPair.privateKey, version: 1 }), /version/)
  const der = Buffer.from(derFromPem(await newCsr(), [label]) ?? '')
  const subject = der.indexOf('system:masters')
  assert.ok(subject > 0)
  der.write('system:monitor', subject)
  refuses(pemFromDer(label, der), /not made by its key/)
})

const corpus = readdirSync(new URL('../corpus/', import.meta.url)).sort()

for (const name of corpus) {
  test(`corpus file ${name} is ${name.startsWith('good') ? 'verified' : 'refused'}`, () => {
    const text = readFileSync(new URL(`../corpus/${name}`, import.meta.url), 'utf8')
    if (name.startsWith('good')) verifyCsr(text)
    else refuses(text, /./)
  })
}

test('a request with bytes changed, cut or put in is refused, or else means the same', () => {
  const originals = corpus
    .map(name => readFileSync(new URL(`../corpus/${name}`, import.meta.url), 'utf8'))
    .flatMap(text => derFromPem(text, [label]) ?? [])
  const edit = fc.record({
    which: fc.nat(originals.length - 1),
    at: fc.nat(2000),
    remove: fc.nat(4),
    insert: fc.uint8Array({ maxLength: 4 }),
  })
  fc.assert(
    fc.property(edit, ({ which, at, remove, insert }) => {
      const original = originals[which] ?? Buffer.alloc(0)
      const cut = at % (original.length + 1)
      const changed = Buffer.concat([original.subarray(0, cut), insert, original.subarray(cut + remove)])
      try {
        const { publicKey } = verifyCsr(pemFromDer(label, changed))
        assert.ok(original.includes(publicKey.info), 'a changed key was taken')
      } catch (thrown) {
        assert.ok(thrown instanceof MeshwrightError && thrown.code === 'CA_CSR_INVALID', String(thrown))
      }
    }),
    { numRuns: 1500 },
  )
})

test('any text at all ends in one kind of error', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.string().map(body => pemFromDer(label, Buffer.from(body))),
      ),
      text => {
        refuses(text, /./)
      },
    ),
  )
})
