import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createPrivateKey } from 'node:crypto'
import { test } from 'node:test'
import 'reflect-metadata'
import * as x509 from '@peculiar/x509'
import { certificateRequest, formatKey, generateKey, type KeyKind } from './certificate-request.ts'

const uri = 'spiffe://cluster.local/ns/photo/sa/web'

for (const kind of ['ec-p256', 'rsa-2048'] satisfies KeyKind[]) {
  test(`a request with a key of kind ${kind} verifies elsewhere and asks for exactly one URI`, async () => {
    const key = await generateKey(kind)
    const pem = certificateRequest(key, uri)
    const request = new x509.Pkcs10CertificateRequest(pem)
    assert.equal(await request.verify(), true)
    assert.equal(request.subject, '')
    assert.equal(request.extensions.length, 1)
    const [names] = request.extensions
    assert.ok(names instanceof x509.SubjectAlternativeNameExtension && names.critical)
    assert.deepEqual(names.names.toJSON(), [{ type: 'url', value: uri }])
    const text = execFileSync('openssl', ['req', '-noout', '-verify', '-text'], {
      input: pem,
      stdio: 'pipe',
    }).toString()
    assert.match(text, /Subject Alternative Name: critical\s+URI:spiffe:\/\/cluster.local\/ns\/photo\/sa\/web\n/)
    assert.equal(createPrivateKey(formatKey(key)).asymmetricKeyType, kind === 'ec-p256' ? 'ec' : 'rsa')
  })
}

test('a long identity makes lengths of two bytes', async () => {
  const long = `spiffe://cluster.local/ns/${'n'.repeat(400)}/sa/web`
  const request = new x509.Pkcs10CertificateRequest(certificateRequest(await generateKey('ec-p256'), long))
  assert.equal(await request.verify(), true)
})
