/** The issuers as operators use them: settings in a file, commands, files put in place under a running daemon. */

import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { isIP } from 'node:net'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import { standardServerNames } from '../../src/ca/server-certificate/server-names.ts'
import {
  type ForeignAuthority,
  foreignAnswer,
  foreignAuthority,
  foreignLeaf,
  pkcs8Pem,
} from '../../src/ca/testing/foreign-authority.ts'
import { newKeys } from '../../src/ca/testing/requests.ts'
import { type RunningDaemon, runCommand, start, startDaemon, temporaryFolder, until } from '../support/processes.ts'

async function startWith(t: TestContext, settings: string): Promise<RunningDaemon> {
  const folder = temporaryFolder(t)
  const [config, data, file] = [path.join(folder, 'config'), path.join(folder, 'data'), path.join(folder, 'ca.yaml')]
  mkdirSync(config)
  writeFileSync(file, settings)
  return startDaemon(t, { config, data, args: ['--ca-config', file] })
}

async function ca(t: TestContext, daemon: RunningDaemon, ...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runCommand(t, 'ca', ...args, '--data', daemon.data)
  assert.equal(code, 0, stderr)
  return stdout
}

const issueInto = (t: TestContext, daemon: RunningDaemon, out: string) =>
  runCommand(t, 'ca', 'issue', '--namespace', 'a', '--service-account', 'b', '--out', out, '--data', daemon.data)

test('an intermediate: request, answer, and certificates of the root that was never here', async t => {
  const daemon = await startWith(t, 'issuer:\n  kind: intermediate\n  caKey: P-384\n')
  const out = temporaryFolder(t)
  const early = await issueInto(t, daemon, out)
  assert.match(early.stderr, /CA_ISSUER_UNAVAILABLE.*no chain is installed/)

  const csr = await ca(t, daemon, 'csr')
  assert.match(csr, /^-----BEGIN CERTIFICATE REQUEST-----\n/)
  const offline = await foreignAuthority('offline root')
  const chain = path.join(out, 'chain.pem')
  writeFileSync(chain, await foreignAnswer(offline, csr))
  const refused = await runCommand(t, 'ca', 'install', '--chain', chain, '--data', daemon.data)
  assert.match(refused.stderr, /CA_CHAIN_INVALID.*roots holds no certificate/)
  writeFileSync(chain, (await foreignAnswer(offline, csr)) + offline.certPem)
  assert.match(await ca(t, daemon, 'install', '--chain', chain), /signs from now on/)

  await until(async () => (await ca(t, daemon, 'bundle')).trim() === offline.certPem.trim(), 20_000)
  const issued = await issueInto(t, daemon, out)
  assert.equal(issued.code, 0, issued.stderr)
})

test('an own root makes no requests', async t => {
  const daemon = await startWith(t, 'issuer: {}\n')
  const { stderr } = await runCommand(t, 'ca', 'csr', '--data', daemon.data)
  assert.match(stderr, /CA_REQUEST_REFUSED/)
})

test('a plug-in directory: a new root goes into the bundle, and the daemon is reached all the time', async t => {
  const folder = temporaryFolder(t)
  const put = (root: ForeignAuthority, signer: ForeignAuthority): void => {
    for (const [name, content] of Object.entries({
      'ca-cert.pem': signer.certPem,
      'ca-key.pem': signer.keyPem,
      'cert-chain.pem': signer.certPem,
      'root-cert.pem': root.certPem,
    })) {
      writeFileSync(path.join(folder, `${name}.new`), content)
      renameSync(path.join(folder, `${name}.new`), path.join(folder, name))
    }
  }
  const old = await foreignAuthority('old root')
  put(old, await foreignAuthority('old', { by: old }))
  const daemon = await startWith(t, `issuer:\n  kind: plug-in\n  plugIn: { directory: ${JSON.stringify(folder)} }\n`)
  assert.equal((await ca(t, daemon, 'bundle')).trim(), old.certPem.trim())
  writeFileSync(path.join(folder, 'ca-key.pem'), 'broken')
  await until(() => daemon.output().stdout.concat(daemon.output().stderr).includes('set of files refused'), 10_000)
  const rotate = await runCommand(t, 'ca', 'rotate', '--data', daemon.data)
  assert.notEqual(rotate.code, 0)
  assert.match(rotate.stderr, /CA_ROTATION_REFUSED.*made elsewhere.*takes the new one over by itself/s)
  assert.match(await ca(t, daemon, 'status'), /^roots are made elsewhere: everybody trusts them, 100 %$/m)
  const next = await foreignAuthority('next root')
  put(next, await foreignAuthority('next', { by: next }))
  const root = new X509Certificate(next.certPem).fingerprint256.replaceAll(':', '').toLowerCase()
  await until(async () => (await ca(t, daemon, 'status')).includes(`under the root ${root} as soon as`), 10_000)
  await until(async () => (await ca(t, daemon, 'bundle')).trim() === next.certPem.trim(), 25_000)
  assert.match(await ca(t, daemon, 'status'), new RegExp(`^${root} +signs`, 'm'))
})

test('an authority under another one renews what it shows there, and issues on when the one in its files has ended', async t => {
  const [root, folder] = [await foreignAuthority('mesh root'), temporaryFolder(t)]
  const signer = await foreignAuthority('upstream', { by: root })
  const put = (name: string, content: string): string => {
    const file = path.join(folder, name)
    writeFileSync(file, content, { mode: 0o600 })
    return file
  }
  put('ca-cert.pem', signer.certPem)
  put('ca-key.pem', signer.keyPem)
  put('cert-chain.pem', signer.certPem)
  const roots = put('root-cert.pem', root.certPem)
  const identity = 'spiffe://cluster.local/ns/istio-system/sa/istiod'
  const upstream = await startWith(
    t,
    `issuer: { kind: plug-in, plugIn: { directory: ${folder} } }
callers: { delegates: [{ identity: '${identity}', namespaces: ['*'] }] }
`,
  )
  const pair = async (name: string, leaf: Omit<Parameters<typeof foreignLeaf>[1], 'publicKey'>): Promise<string> => {
    const keys = await newKeys()
    const certificate = await foreignLeaf(signer, { ...leaf, publicKey: keys.publicKey })
    const files = [put(`${name}.pem`, certificate + signer.certPem), put(`${name}.key`, await pkcs8Pem(keys))]
    return `{ certificate: ${files[0]}, key: ${files[1]} }`
  }
  const hourMs = 3_600_000
  // Most of its life is over, so that it is renewed at once.
  const endsMs = Date.now() + 60_000
  const credential = await pair('credential', {
    names: [{ type: 'url', value: identity }],
    notBefore: new Date(Date.now() - 4 * hourMs),
    notAfter: new Date(endsMs),
  })
  const serverNames = standardServerNames.map(value => ({ type: isIP(value) === 0 ? 'dns' : 'ip', value }) as const)
  const server = await pair('server', { names: serverNames, notAfter: new Date(Date.now() + hourMs) })
  const daemon = await startWith(
    t,
    `issuer:
  kind: upstream
  server: ${server}
  upstream:
    address: 127.0.0.1:${upstream.ports.secure}
    serverName: istiod.istio-system.svc
    rootsFile: ${roots}
    credential: ${credential}
`,
  )
  await until(() => daemon.output().stderr.includes('shown to the issuer renewed'), 45_000)
  assert.match(await ca(t, upstream, 'log', '--identity', identity), /renewal/)
  await until(() => Date.now() > endsMs + 2000, 90_000)
  const issued = await issueInto(t, daemon, path.join(folder, 'issued'))
  assert.equal(issued.code, 0, issued.stderr)
  const metrics = await (await fetch(`http://127.0.0.1:${daemon.ports.http}/metrics`)).text()
  const [, ends] = /^meshwright_ca_issuer_credential_expiry_timestamp_seconds (\d+)$/m.exec(metrics) ?? []
  assert.ok(Number(ends) * 1000 > Date.now(), metrics)
})

test('the doctor says what ends, for whom it is urgent, and what to do', async t => {
  const [root, folder] = [await foreignAuthority('root'), temporaryFolder(t)]
  const dayMs = 24 * 3_600_000
  const put = (signer: ForeignAuthority): void => {
    for (const [name, content] of Object.entries({
      'ca-cert.pem': signer.certPem,
      'ca-key.pem': signer.keyPem,
      'cert-chain.pem': signer.certPem,
      'root-cert.pem': root.certPem,
    })) {
      writeFileSync(path.join(folder, `${name}.new`), content)
      renameSync(path.join(folder, `${name}.new`), path.join(folder, name))
    }
  }
  const ending = {
    by: root,
    notBefore: new Date(Date.now() - 360 * dayMs),
    notAfter: new Date(Date.now() + 5.5 * dayMs),
  }
  put(await foreignAuthority('ending', ending))
  const daemon = await startWith(t, `issuer: { kind: plug-in, plugIn: { directory: ${folder} } }\n`)
  const sick = await runCommand(t, 'ca', 'doctor', '--data', daemon.data)
  assert.equal(sick.code, 1, sick.stderr)
  assert.match(sick.stdout, /^urgent +signer +the chain above the certificates ends in 5 days$/m)
  assert.match(sick.stdout, /^signer: Put a whole new set of files into the directory\.$/m)
  assert.match(sick.stdout, /^good +root +the root [0-9a-f]{16} signs and ends in 36\d days$/m)
  put(await foreignAuthority('new', { by: root }))
  await until(async () => (await runCommand(t, 'ca', 'doctor', '--data', daemon.data)).code === 0, 30_000)
  const well = await ca(t, daemon, 'doctor', '-o', 'json')
  const found = JSON.parse(well) as { subject: string; state: string; notAfter?: string }[]
  const isWell = found.every(({ state }) => state === 'good')
  assert.ok(isWell, well)
  assert.ok(found.some(({ subject, notAfter }) => subject === 'server certificate' && notAfter !== undefined))
})

test('settings that do not fit together end the start with the field', async t => {
  const folder = temporaryFolder(t)
  const file = path.join(folder, 'ca.yaml')
  for (const [settings, field] of [
    ['issuer:\n  kind: vault\n', /issuer\.vault: it is needed/],
    ['issuer:\n  plugIn: { directory: /x }\n', /issuer\.plugIn: it is for kind: plug-in/],
    ['issuer:\n  kind: plug-in\n  plugIn: { directory: /nowhere }\n', /CA_CHAIN_INVALID.*\/nowhere is incomplete/],
    ['issuer:\n  kind: magic\n', /ca\.yaml:2: issuer\.kind/],
  ] as const) {
    writeFileSync(file, settings)
    const ended = await start(t, ['serve', '--data', path.join(folder, 'data'), '--ca-config', file]).ended
    assert.notEqual(ended.code, 0)
    assert.match(ended.stderr, field)
  }
})
