import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import { issueCertificate, type MeshCertificate } from '../support/mesh-clients.ts'
import { runCommand, startDaemon, temporaryFolder, until } from '../support/processes.ts'
import { startRevocationScene } from '../support/revocation-scene.ts'

const openssl = (...words: readonly string[]): string =>
  execFileSync('openssl', words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })

interface Authority {
  readonly folder: string
  readonly http: string
  readonly roots: string
  certificate(name: string): Promise<MeshCertificate & { readonly file: string }>
  command(...words: readonly string[]): ReturnType<typeof runCommand>
}

async function startAuthority(t: TestContext): Promise<Authority> {
  const folder = temporaryFolder(t)
  const [config, data] = [path.join(folder, 'config'), path.join(folder, 'data')]
  mkdirSync(config)
  const { ports } = await startDaemon(t, { config, data })
  const command = (...words: readonly string[]): ReturnType<typeof runCommand> =>
    runCommand(t, ...words, '--data', data)
  const roots = path.join(folder, 'roots.pem')
  writeFileSync(roots, (await command('ca', 'bundle')).stdout)
  return {
    folder,
    roots,
    http: `http://127.0.0.1:${ports.http}`,
    command,
    async certificate(name) {
      const out = path.join(folder, name)
      return { ...(await issueCertificate(t, { data, out }, name)), file: path.join(out, 'cert-chain.pem') }
    },
  }
}

test('lists of revoked certificates and OCSP answers over HTTP are what OpenSSL believes', async t => {
  const { folder, http, roots, certificate, command } = await startAuthority(t)
  const [good, revoked] = [await certificate('good'), await certificate('bad')]
  const { code, stdout } = await command('revoke', '--serial', revoked.serialNumber, '--reason', 'superseded')
  assert.equal(code, 0)
  assert.match(stdout, /^revoked; 0\/0 proxies enforced in [\d.]+ s\n1 certificate: [0-9A-F]{32}; 0 connections/)

  const list = path.join(folder, 'list.pem')
  writeFileSync(list, await (await fetch(`${http}/crl`)).text())
  openssl('crl', '-in', list, '-verify', '-CAfile', roots, '-noout')
  const check = (file: string): string =>
    openssl('verify', '-x509_strict', '-crl_check', '-CRLfile', list, '-CAfile', roots, file)
  assert.match(check(good.file), /OK/)
  assert.throws(() => check(revoked.file), /certificate revoked/)
  const issuer = openssl('x509', '-in', roots, '-noout', '-fingerprint', '-sha256').split('=')[1]?.trim() ?? ''
  const der = path.join(folder, 'list.crl')
  const one = await fetch(`${http}/crl/${issuer.replaceAll(':', '').toLowerCase()}.crl`)
  writeFileSync(der, Buffer.from(await one.arrayBuffer()))
  assert.match(openssl('crl', '-inform', 'DER', '-in', der, '-noout', '-text'), /Superseded/)

  const about = ['ocsp', '-issuer', roots, '-CAfile', roots]
  const asked = openssl(...about, '-cert', good.file, '-cert', revoked.file, '-url', `${http}/ocsp`)
  assert.match(asked, new RegExp(`${good.file}: good[\\s\\S]*${revoked.file}: revoked[\\s\\S]*Reason: superseded`))
  const question = path.join(folder, 'question')
  openssl(...about, '-cert', revoked.file, '-no_nonce', '-reqout', question)
  const base64 = execFileSync('openssl', ['base64', '-A', '-in', question], { encoding: 'utf8' })
  const answer = path.join(folder, 'answer')
  const got = await fetch(`${http}/ocsp/${encodeURIComponent(base64)}`)
  writeFileSync(answer, Buffer.from(await got.arrayBuffer()))
  assert.match(openssl(...about, '-cert', revoked.file, '-respin', answer, '-no_nonce'), /: revoked/)
})

test('what is revoked is listed, and orders that make no sense are refused in words', async t => {
  const { certificate, command } = await startAuthority(t)
  const { serialNumber, identity } = await certificate('web')
  assert.equal((await command('revoke', '--identity', identity, '--until', '1h')).code, 0)
  const { stdout } = await command('get', 'revocations')
  assert.match(stdout, /enforced by: crl\+rbac/)
  assert.match(stdout, new RegExp(`identity +${identity} +unspecified +\\S+ +until \\S+ +1`))
  assert.match((await command('unrevoke', '--identity', identity)).stdout, /^ban lifted; .*1 certificate stays revoked/)

  const refused = async (reason: RegExp, ...words: readonly string[]): Promise<void> => {
    const { code, stderr } = await command(...words)
    assert.notEqual(code, 0)
    assert.match(stderr, reason)
  }
  await refused(/REVOCATION_UNKNOWN/, 'revoke', '--serial', '40AB')
  await refused(/REQUEST_INVALID.*reason/, 'revoke', '--serial', serialNumber, '--reason', 'tired')
  await refused(/REQUEST_INVALID.*fingerprint/, 'revoke', '--key', 'abc')
  await refused(/OPTION_INVALID/, 'revoke')
  await refused(/REVOCATION_UNKNOWN/, 'unrevoke', '--identity', identity)
})

test('a proxy that does not confirm is named, and the exit code says so', async t => {
  const places = { server: '127.0.44.7', client: '127.0.44.8' }
  const { mesh, certificate, revoke } = await startRevocationScene(t, places)
  const [first, second] = [await certificate('a'), await certificate('a')]
  const agent = mesh.agent('server')
  agent.child.kill('SIGSTOP')
  const report = await revoke('--serial', first.serialNumber, '--timeout', '1s')
  agent.child.kill('SIGCONT')
  assert.deepEqual([report.code, report.isEnforced, report.enforced, report.proxies], [1, false, 0, 1])
  assert.match(report.unreachable[0]?.node ?? '', /server\.test/)
  assert.match(report.unreachable[0]?.reason ?? '', /has not/)
  await until(async () => (await revoke('--serial', second.serialNumber)).isEnforced, 10_000)
})
