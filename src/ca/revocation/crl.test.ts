import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, test } from 'node:test'
import { parseSpiffeId } from '../../platform/spiffe.ts'
import { verifyCsr } from '../certificates/csr.ts'
import { prove } from '../certificates/identity-proof.ts'
import { derFromPem, pemFromDer } from '../certificates/pem.ts'
import type { Signer } from '../certificates/signer.ts'
import { cryptographyHere } from '../cryptography/cryptography.ts'
import { builtInIssuer } from '../issuers/issuer.ts'
import { opensslCrlText, opensslVerifyWithCrl, p256 } from '../testing/openssl.ts'
import { x509 } from '../testing/peculiar.ts'
import { newCsr } from '../testing/requests.ts'
import { opensslSigner } from '../testing/signers.ts'
import { type CrlEntry, crlDer } from './crl.ts'
import { checkCrl } from './crl-check.ts'
import { type RevocationReason, revocationReasons } from './reasons.ts'

const nowMs = Math.floor(Date.now() / 1000) * 1000
const day = 24 * 3_600_000

const listOf = (signer: Signer, entries: readonly CrlEntry[], nextUpdateMs = nowMs + 7 * day): Buffer =>
  crlDer({ number: 258n, thisUpdateMs: nowMs - 3_600_000, nextUpdateMs, entries }, signer)

const entry = (serialNumber: string, reason: RevocationReason = 'unspecified'): CrlEntry => ({
  serialNumber,
  revokedAtMs: nowMs - 60_000,
  reason,
})

const keyKinds: Readonly<Record<string, readonly string[]>> = {
  'P-256': p256,
  'P-384': ['ec', '-pkeyopt', 'ec_paramgen_curve:P-384'],
  'RSA 2048': ['rsa:2048'],
}

for (const [name, options] of Object.entries(keyKinds)) {
  describe(`a revocation list by a ${name} key`, () => {
    const signer = opensslSigner(options)
    const serials = Array.from({ length: 3 }, () => `5${randomBytes(16).toString('hex').slice(1)}`.toUpperCase())

    test('is what OpenSSL and another library read', async () => {
      const reasons = Object.keys(revocationReasons) as RevocationReason[]
      const entries = reasons.map((reason, i) => entry(`4${i}AB`, reason))
      const der = listOf(signer, entries)
      const crl = new x509.X509Crl(der)
      assert.equal(crl.version, 1)
      assert.equal(crl.nextUpdate?.getTime(), nowMs + 7 * day)
      assert.deepEqual(
        crl.entries.map(({ serialNumber, reason }) => [serialNumber.toUpperCase(), reason]),
        entries.map(({ serialNumber, reason }) => [
          serialNumber,
          reason === 'unspecified' ? undefined : revocationReasons[reason],
        ]),
      )
      assert.ok(await crl.verify({ publicKey: new x509.X509Certificate(signer.certificatePem) }))
      const text = opensslCrlText(pemFromDer('X509 CRL', der))
      assert.match(text, /X509v3 CRL Number:\s+258/)
      assert.match(text, /X509v3 Authority Key Identifier/)
      assert.match(text, /Key Compromise/)
    })

    test('keeps the revoked leaf out and lets its siblings in', async () => {
      const issuer = builtInIssuer({ signer: () => signer, cryptography: cryptographyHere, randomBytes })
      const proof = prove({
        kind: 'workload',
        identity: parseSpiffeId('spiffe://cluster.local/ns/a/sa/b'),
        evidence: { kind: 'join-token', tokenId: 'x' },
        peerAddress: '',
      })
      const { publicKey } = verifyCsr(await newCsr())
      const leaf = (): ReturnType<typeof issuer.issue> => issuer.issue({ publicKey, nowMs, ttlMs: day }, proof)
      const [revoked, sibling] = [await leaf(), await leaf()]
      const pem = pemFromDer('X509 CRL', listOf(signer, [entry(revoked.serialNumber, 'keyCompromise')]))
      opensslVerifyWithCrl(sibling.leafPem, signer.certificatePem, pem)
      assert.throws(() => opensslVerifyWithCrl(revoked.leafPem, signer.certificatePem, pem), /certificate revoked/)
      opensslVerifyWithCrl(revoked.leafPem, signer.certificatePem, pemFromDer('X509 CRL', listOf(signer, [])))
    })

    test('is read back as it was written', () => {
      const checked = checkCrl(
        listOf(
          signer,
          serials.map(serial => entry(serial)),
        ),
        signer.certificatePem,
        nowMs,
      )
      assert.deepEqual(checked, {
        number: 258n,
        thisUpdateMs: nowMs - 3_600_000,
        nextUpdateMs: nowMs + 7 * day,
        serialNumbers: serials,
      })
    })
  })
}

describe('the last look at a revocation list refuses', () => {
  const signer = opensslSigner(p256)
  const other = opensslSigner(p256)
  const good = listOf(signer, [entry('40AB')])
  const refuses = (name: string, der: Buffer, reason: RegExp, by: Signer = signer, atMs = nowMs): void => {
    test(name, () =>
      assert.throws(() => checkCrl(der, by.certificatePem, atMs), { code: 'CRL_INVALID', message: reason }),
    )
  }
  refuses('one by another key of the same name', good, /not by its issuer/, other)
  refuses('one by another name', good, /another issuer/, opensslSigner(p256, '/O=elsewhere'))
  refuses('one that is out of date', good, /out of date/, signer, nowMs + 8 * day)
  refuses('one from the future', good, /not valid yet/, signer, nowMs - day)
  refuses('one that is cut off', good.subarray(0, -1), /longer than what holds it/)
  const changed = Buffer.from(good)
  changed[good.indexOf(Buffer.from('40ab', 'hex')) + 1] = 0xac
  refuses('one with a changed entry', changed, /not by its issuer/)
  test('nothing that is not of its form, whatever it is', () => {
    for (let cut = 0; cut < good.length; cut += 1) {
      assert.throws(() => checkCrl(good.subarray(0, cut), signer.certificatePem, nowMs), { code: 'CRL_INVALID' })
    }
    const certificate = derFromPem(signer.certificatePem, ['CERTIFICATE']) ?? Buffer.alloc(0)
    assert.throws(() => checkCrl(certificate, signer.certificatePem, nowMs), { code: 'CRL_INVALID' })
  })
})
