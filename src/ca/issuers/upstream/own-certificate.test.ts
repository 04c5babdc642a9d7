import assert from 'node:assert/strict'
import { webcrypto } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { FakeClock } from '../../../platform/clock.ts'
import { silentLog } from '../../../platform/log.ts'
import { openSecretSealer } from '../../sealed-secrets.ts'
import { foreignAuthority, foreignLeaf, pkcs8Pem } from '../../testing/foreign-authority.ts'
import { x509 } from '../../testing/peculiar.ts'
import { createOwnCertificate } from './own-certificate.ts'

const hourMs = 3_600_000

test('what was renewed is shown until the files are others, also after a restart', async t => {
  const directory = mkdtempSync(path.join(tmpdir(), 'own-certificate-'))
  t.after(() => rmSync(directory, { recursive: true }))
  const clock = new FakeClock()
  const at = (fromNowMs: number): Date => new Date(clock.now() + fromNowMs)
  const authority = await foreignAuthority('above', { notBefore: at(-9 * hourMs), notAfter: at(99 * hourMs) })
  const files = { certificate: path.join(directory, 'cert.pem'), key: path.join(directory, 'key.pem') }
  const leafFor = (publicKey: x509.PublicKeyType, notAfter: Date): Promise<string> =>
    foreignLeaf(authority, {
      publicKey,
      names: [{ type: 'url', value: 'spiffe://td/ns/a/sa/b' }],
      notBefore: at(-8 * hourMs),
      notAfter,
    })
  const put = async (notAfter: Date): Promise<void> => {
    const keys = await webcrypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify'])
    writeFileSync(files.certificate, await leafFor(keys.publicKey, notAfter))
    writeFileSync(files.key, await pkcs8Pem(keys))
  }
  const sealer = openSecretSealer(directory, 'first-start')
  let asked = 0
  const open = () => {
    const own = createOwnCertificate({
      files,
      renewal: 'automatic',
      ask: csr => {
        asked += 1
        return leafFor(new x509.Pkcs10CertificateRequest(csr).publicKey, at(48 * hourMs))
      },
      directory,
      sealer,
      clock,
      log: silentLog,
    })
    own.start()
    t.after(() => own.stop())
    return own
  }
  const endOf = (own: ReturnType<typeof open>): number => (own.status(clock.now()).notAfterMs ?? 0) - clock.now()

  await put(at(hourMs))
  const own = open()
  while (endOf(own) < 40 * hourMs) await nextTurn()
  assert.equal(asked, 1)
  assert.ok(endOf(open()) > 40 * hourMs)
  assert.equal(asked, 1)

  // The operator replaces one that was stolen, by one that ends sooner.
  await put(at(20 * hourMs))
  assert.ok(endOf(own) < 21 * hourMs)
  assert.ok(endOf(open()) < 21 * hourMs)
})
