/** What every issuer must do, through the whole authority that it stands behind, run on each. */

import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { after, before, suite, test } from 'node:test'
import { opensslCsr, opensslText, opensslVerifyChain } from './openssl.ts'
import { greedyCsr, modestCsr, newKeys, newRsaKeys, type RequestKeys } from './requests.ts'
import { type CaRig, certifiedPeer } from './rig.ts'

export interface IssuerRig {
  readonly ca: CaRig
  /** What becomes of a request for other names than the caller's. */
  readonly otherNames: 'ignored' | 'refused'
  /** Where the issuer can be away. */
  readonly outage?: { begin(): Promise<void>; end(): Promise<void> }
  /** When the chain ends, where it ends before the longest life of a leaf. */
  readonly chainNotAfterMs?: number
  close(): Promise<void>
}

const hourMs = 3_600_000
const uri = 'spiffe://cluster.local/ns/photo/sa/web'

export function issuerSuite(name: string, start: () => Promise<IssuerRig>): void {
  suite(`issuing by ${name}`, () => {
    let rig: IssuerRig
    before(async () => {
      rig = await start()
    })
    after(() => rig?.close())

    const peer = () => certifiedPeer([uri], rig.ca.clock.now() + 100 * 24 * hourMs)
    const issue = async (csr: string, validitySeconds = 3600) => {
      const answer = await rig.ca.call({ csr, peer: peer(), validitySeconds })
      const chain = answer.slice(0, -1)
      return { chain, leaf: new X509Certificate(chain[0] ?? ''), rootsPem: answer.at(-1) ?? '' }
    }

    test('the chain leads to the roots of the answer under the strictest rules, and they are what is trusted', async () => {
      const { chain, rootsPem } = await issue(await modestCsr(await newKeys(), uri))
      opensslVerifyChain(chain, rootsPem, rig.ca.clock.now())
      assert.equal(rootsPem, rig.ca.authority.trustBundlePem())
      for (const element of chain)
        assert.match(element, /^-----BEGIN CERTIFICATE-----\n[^-]+-----END CERTIFICATE-----\n$/)
    })

    test('the leaf says the one name of the proof and is good for both sides of a connection', async () => {
      const { leaf, chain } = await issue(await modestCsr(await newKeys(), uri))
      assert.equal(leaf.subjectAltName, `URI:${uri}`)
      assert.equal(leaf.ca, false)
      const text = opensslText(chain[0] ?? '')
      assert.match(text, /TLS Web Server Authentication, TLS Web Client Authentication/)
      assert.match(text, /Digital Signature/)
    })

    test('what a request asks for beyond its key is never granted', async () => {
      const greedy = await greedyCsr(await newKeys())
      if (rig.otherNames === 'refused') {
        await assert.rejects(issue(greedy), { code: 'CA_CSR_INVALID' })
        return
      }
      const { leaf } = await issue(greedy)
      assert.equal(leaf.subjectAltName, `URI:${uri}`)
      assert.doesNotMatch(leaf.subject ?? '', /admin|masters/)
      assert.equal(leaf.ca, false)
    })

    for (const kind of ['P-256', 'P-384', 'RSA-2048', 'RSA-3072', 'RSA-4096']) {
      test(`a caller's key of kind ${kind} is certified`, async () => {
        const keys: RequestKeys = kind.startsWith('RSA') ? await newRsaKeys(Number(kind.slice(4))) : await newKeys(kind)
        const { leaf, chain, rootsPem } = await issue(await modestCsr(keys, uri))
        const due = Buffer.from(await crypto.subtle.exportKey('spki', keys.publicKey))
        assert.deepEqual(leaf.publicKey.export({ format: 'der', type: 'spki' }), due)
        opensslVerifyChain(chain, rootsPem, rig.ca.clock.now())
      })
    }

    test('keys of other kinds are refused before the issuer sees them', async () => {
      for (const options of [['ed25519'], ['rsa:1024'], ['ec', '-pkeyopt', 'ec_paramgen_curve:P-521']]) {
        await assert.rejects(issue(opensslCsr(options)), { code: 'CA_CSR_INVALID' })
      }
    })

    test('a leaf lives as long as was asked, more than the maximum is refused, and no leaf outlives its chain', async () => {
      const now = rig.ca.clock.now()
      const { leaf } = await issue(await modestCsr(await newKeys(), uri), 2 * 3600)
      assert.ok(Math.abs(leaf.validToDate.getTime() - now - 2 * hourMs) < 60_000, leaf.validTo)
      assert.ok(leaf.validFromDate.getTime() <= now)
      await assert.rejects(issue(await modestCsr(await newKeys(), uri), 91 * 24 * 3600), { code: 'CA_TTL_TOO_LONG' })
      if (rig.chainNotAfterMs === undefined) return
      const long = await issue(await modestCsr(await newKeys(), uri), 89 * 24 * 3600)
      assert.ok(long.leaf.validToDate.getTime() <= rig.chainNotAfterMs, long.leaf.validTo)
    })

    test('each issuance is on record with the certificate that signed it', async () => {
      const { leaf, chain, rootsPem } = await issue(await modestCsr(await newKeys(), uri))
      const [issuance] = rig.ca.authority.issuances(1)
      assert.equal(issuance?.serialNumber, leaf.serialNumber)
      const authorities = [...chain.slice(1), ...rootsPem.split(/(?=-----BEGIN)/)].map(pem => new X509Certificate(pem))
      const issuer = authorities.find(each => leaf.checkIssued(each) && leaf.verify(each.publicKey))
      assert.equal(issuance?.issuerFingerprint, issuer?.fingerprint256.replaceAll(':', '').toLowerCase())
    })

    test('many at once each get their own', async () => {
      const csrs = await Promise.all(Array.from({ length: 12 }, async () => modestCsr(await newKeys(), uri)))
      const issued = await Promise.all(csrs.map(csr => issue(csr)))
      assert.equal(new Set(issued.map(({ leaf }) => leaf.serialNumber)).size, csrs.length)
    })

    test("the daemon's own certificate leads to what is trusted and names the daemon", async () => {
      const { certificateChainPem } = await rig.ca.authority.issueServerCertificate()
      const chain = certificateChainPem.split(/(?=-----BEGIN)/)
      opensslVerifyChain(chain, rig.ca.authority.trustBundlePem(), rig.ca.clock.now())
      const leaf = new X509Certificate(certificateChainPem)
      assert.equal(leaf.checkHost('istiod.istio-system.svc'), 'istiod.istio-system.svc')
      assert.equal(leaf.checkIP('127.0.0.1'), '127.0.0.1')
    })

    test('while the issuer is away callers are told to come back, and when it is back they are served', async t => {
      const { outage } = rig
      if (outage === undefined) return t.skip('this issuer is in the process')
      await outage.begin()
      const csr = await modestCsr(await newKeys(), uri)
      await assert.rejects(issue(csr), (thrown: { code?: string; grpcCode?: string; message?: string }) => {
        assert.equal(thrown.code, 'CA_ISSUER_UNAVAILABLE')
        assert.equal(thrown.grpcCode, 'UNAVAILABLE')
        return true
      })
      await outage.end()
      const { leaf } = await issue(csr)
      assert.equal(leaf.subjectAltName, `URI:${uri}`)
    })
  })
}
