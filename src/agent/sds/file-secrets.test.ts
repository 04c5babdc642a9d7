import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import { createTestAuthority } from '../../grpc/testing/test-authority.ts'
import { FakeClock } from '../../platform/clock.ts'
import { type EncodedResource, messageBytes } from '../../platform/encoded-resource.ts'
import { silentLog } from '../../platform/log.ts'
import { loadProtos } from '../../platform/protobuf.ts'
import { createFileSecrets } from './file-secrets.ts'

const files = await createTestAuthority('Files')
const rootPem = `${files.rootPem}\n`
const [leaf, another] = await Promise.all([makeLeaf(), makeLeaf()])

async function makeLeaf(): Promise<{ certPem: string; keyPem: string }> {
  const { certPem, keyPem } = await files.leaf({ dns: ['a.example'] })
  return { certPem: `${certPem}\n`, keyPem }
}

const secretType = loadProtos(['envoy/extensions/transport_sockets/tls/v3/secret.proto']).lookupType(
  'envoy.extensions.transport_sockets.tls.v3.Secret',
)

function rig(t: TestContext) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'meshwright-files-'))
  const clock = new FakeClock()
  const held = new Map<string, EncodedResource>()
  let failures = 0
  const secrets = createFileSecrets({
    put(name, resource) {
      if (resource === undefined) held.delete(name)
      else held.set(name, resource)
    },
    onFailure: () => {
      failures += 1
    },
    clock,
    log: silentLog,
    systemRoots: [path.join(folder, 'nowhere.pem'), path.join(folder, 'system.pem')],
  })
  t.after(() => {
    secrets.stop()
    rmSync(folder, { recursive: true })
  })
  const file = (name: string): string => path.join(folder, name)
  return {
    secrets,
    held,
    file,
    failures: () => failures,
    write: (name: string, text: string) => writeFileSync(file(name), text),
    look: () => clock.advance(2_000),
    decoded(name: string) {
      const resource = held.get(name)
      assert.ok(resource !== undefined, `nothing is served as ${name}`)
      const plain = secretType.toObject(secretType.decode(messageBytes(resource)), { bytes: Buffer })
      assert.equal(plain.name, name)
      return {
        roots: plain.validationContext?.trustedCa.inlineBytes.toString(),
        chain: plain.tlsCertificate?.certificateChain.inlineBytes.toString(),
        key: plain.tlsCertificate?.privateKey.inlineBytes.toString(),
      }
    },
  }
}

test('roots are served as soon as their file is there, follow it, and outlive a broken one', t => {
  const { secrets, held, file, write, look, decoded, failures } = rig(t)
  const name = `file-root:${file('ca.pem')}`
  secrets.want([name, 'ROOTCA', 'default'])
  assert.equal(held.size, 0)
  assert.equal(failures(), 1)
  write('ca.pem', `a comment\n${rootPem}`)
  look()
  assert.equal(decoded(name).roots, rootPem)
  write('ca.pem', 'half')
  look()
  assert.equal(decoded(name).roots, rootPem)
  assert.equal(failures(), 2)
  secrets.want([])
  assert.equal(held.size, 0)
})

test('a certificate is served with its key, and never with that of another', t => {
  const { secrets, file, write, look, decoded } = rig(t)
  const name = `file-cert:${file('cert.pem')}~${file('key.pem')}`
  write('cert.pem', leaf.certPem + rootPem)
  write('key.pem', leaf.keyPem)
  secrets.want([name])
  assert.deepEqual(decoded(name), { roots: undefined, chain: leaf.certPem + rootPem, key: leaf.keyPem })
  write('cert.pem', another.certPem)
  look()
  assert.equal(decoded(name).key, leaf.keyPem)
  write('key.pem', another.keyPem)
  look()
  assert.deepEqual(decoded(name), { roots: undefined, chain: another.certPem, key: another.keyPem })
})

test("the system's roots are the first file of those that there may be", t => {
  const { secrets, write, decoded } = rig(t)
  write('system.pem', rootPem)
  secrets.want(['file-root:system'])
  assert.equal(decoded('file-root:system').roots, rootPem)
})

test('nothing but certificates and their keys ever leaves a file, and no name but that of a file is looked at', t => {
  const { secrets, held, file, write } = rig(t)
  write('key.pem', leaf.keyPem)
  write('mixed.pem', leaf.keyPem + rootPem)
  write('secret.txt', 'password')
  const names = [
    `file-root:${file('key.pem')}`,
    `file-root:${file('secret.txt')}`,
    `file-root:${file('.')}`,
    'file-root:/dev/zero',
    'file-root:',
    'file-cert:',
    `file-cert:${file('key.pem')}`,
    `file-cert:${file('mixed.pem')}~`,
    `file-cert:${file('mixed.pem')}~${file('key.pem')}~${file('key.pem')}`,
    `file-cert:${file('mixed.pem')}~${file('key.pem')}`,
  ]
  secrets.want(names)
  assert.deepEqual([...held.keys()], [])
  secrets.want([`file-root:${file('mixed.pem')}`])
  assert.ok(!messageBytes(held.get(`file-root:${file('mixed.pem')}`) as EncodedResource).includes('PRIVATE'))
})
