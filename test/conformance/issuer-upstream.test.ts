/** An authority that has its certificates from another one over gRPC, called by its own callers: the suite of all issuers, and what may go wrong between the two. */

import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { standardServerNames } from '../../src/ca/server-certificate/server-names.ts'
import type { CallersSettings } from '../../src/ca/settings/callers.ts'
import { foreignAuthority, foreignLeaf, pkcs8Pem } from '../../src/ca/testing/foreign-authority.ts'
import { issuerSuite } from '../../src/ca/testing/issuer-suite.ts'
import { modestCsr, newKeys } from '../../src/ca/testing/requests.ts'
import { type CaRig, certifiedPeer, startRig } from '../../src/ca/testing/rig.ts'
import { settingsFolder } from '../../src/ca/testing/settings-folder.ts'
import { createGrpcServer, type GrpcServer } from '../../src/grpc/server.ts'
import { systemClock } from '../../src/platform/clock.ts'
import { errorFrom } from '../../src/platform/errors.ts'
import { silentLog } from '../../src/platform/log.ts'

const delegate = 'spiffe://cluster.local/ns/istio-system/sa/istiod'
const uri = 'spiffe://cluster.local/ns/photo/sa/web'
const hourMs = 3_600_000

interface Pair {
  readonly upstream: CaRig
  readonly ca: CaRig
  stopServer(): Promise<void>
  startServer(): Promise<void>
  /** Its files. */
  breakCredential(): void
  close(): Promise<void>
}

async function startPair(callers: CallersSettings): Promise<Pair> {
  const root = await foreignAuthority('mesh root')
  const signer = await foreignAuthority('upstream', { by: root })
  const folder = settingsFolder({
    'ca-cert.pem': signer.certPem,
    'ca-key.pem': signer.keyPem,
    'cert-chain.pem': signer.certPem,
    'root-cert.pem': root.certPem,
  })
  const issuer = { kind: 'plug-in', plugIn: { directory: folder.directory } } as const
  const upstream = await startRig({ settings: { issuer, callers } })
  let server: GrpcServer | undefined
  let port = 0
  const startServer = async (): Promise<void> => {
    const own = await upstream.authority.issueServerCertificate()
    const trustPem = upstream.authority.trustBundlePem()
    server = createGrpcServer({
      listen: { kind: 'tcp', host: '127.0.0.1', port },
      tls: { chainPem: own.certificateChainPem, keyPem: own.privateKeyPem, trustPem },
      log: silentLog,
      clock: systemClock,
    })
    for (const method of upstream.authority.methods) server.register(method)
    const address = await server.start()
    assert.ok('port' in address)
    port = address.port
  }
  await startServer()
  const pairOf = async (name: string, names: Parameters<typeof foreignLeaf>[1]['names']) => {
    const keys = await newKeys()
    const notAfter = new Date(Date.now() + hourMs)
    const certPem = await foreignLeaf(signer, { publicKey: keys.publicKey, names, notAfter })
    return {
      certificate: folder.write(`${name}.pem`, certPem + signer.certPem),
      key: folder.write(`${name}.key`, await pkcs8Pem(keys)),
    }
  }
  const ca = await startRig({
    settings: {
      issuer: {
        kind: 'upstream',
        server: await pairOf(
          'server',
          standardServerNames.map(value => ({ type: /^[\d.:]+$/.test(value) ? 'ip' : 'dns', value })),
        ),
        upstream: {
          address: `127.0.0.1:${port}`,
          serverName: 'istiod.istio-system.svc',
          rootsFile: `${folder.directory}/root-cert.pem`,
          credential: await pairOf('credential', [{ type: 'url', value: delegate }]),
        },
      },
    },
  })
  return {
    upstream,
    ca,
    startServer,
    stopServer: async () => server?.stop(),
    breakCredential: () => void folder.write('credential.key', 'no key'),
    async close() {
      await ca.close()
      await server?.stop()
      await upstream.close()
      folder.remove()
    },
  }
}

const everything: CallersSettings = { delegates: [{ identity: delegate, namespaces: ['*'] }] }

issuerSuite('another authority over gRPC', async () => {
  const pair = await startPair(everything)
  return {
    ca: pair.ca,
    otherNames: 'ignored',
    outage: { begin: () => pair.stopServer(), end: () => pair.startServer() },
    close: () => pair.close(),
  }
})

suite('another authority', () => {
  const issue = async ({ ca }: Pair, identity = uri) =>
    ca.call({ csr: await modestCsr(await newKeys(), identity), peer: certifiedPeer([identity], ca.clock.now() + 1e9) })
  const refused = (reason: RegExp) => (thrown: Error) => {
    assert.equal(errorFrom(thrown).code, 'CA_ISSUER_REFUSED')
    const texts: string[] = []
    for (let at: unknown = thrown; at instanceof Error; at = at.cause) texts.push(at.message)
    assert.match(texts.join('\n'), reason)
    return true
  }

  test('has on record for whom it signed and who asked', async () => {
    const pair = await startPair(everything)
    try {
      await issue(pair)
      const [issuance] = pair.upstream.authority.issuances(1)
      assert.equal(issuance?.identity, uri)
      assert.match(`${issuance?.evidence} ${issuance?.evidenceDetail}`, /node-proxy/)
    } finally {
      await pair.close()
    }
  })

  test('that does not know the daemon as a delegate is not asked in vain for ever: the callers are told', async () => {
    const pair = await startPair({})
    try {
      await assert.rejects(issue(pair), refused(/UNAUTHENTICATED: request impersonation authentication failure/))
    } finally {
      await pair.close()
    }
  })

  test('renews the certificate that it is shown, with a new key, and it is shown from then on, also after a restart', async () => {
    const pair = await startPair(everything)
    try {
      const { ca, upstream } = pair
      await issue(pair)
      const before = ca.authority.issuerCredentials()[0]
      const evidence = () => upstream.authority.issuances(1)[0]
      for (let i = 0; i < 600 && evidence()?.identity !== delegate; i += 1) {
        ca.clock.advance(60_000 * Number(i < 32))
        await new Promise(resolve => setTimeout(resolve, 10))
      }
      const renewed = evidence()
      assert.equal(`${renewed?.identity} ${renewed?.evidence}`, `${delegate} client-certificate`)
      const isTakenOver = () => (ca.authority.issuerCredentials()[0]?.notAfterMs ?? 0) > (before?.notAfterMs ?? 0)
      for (let i = 0; i < 600 && !isTakenOver(); i += 1) await new Promise(resolve => setTimeout(resolve, 10))
      const after = ca.authority.issuerCredentials()[0]
      assert.ok(isTakenOver(), JSON.stringify(after))
      assert.deepEqual([after?.renewedBy, after?.fault], ['us', ''])
      assert.equal(
        ca.authority.metrics().meshwright_ca_issuer_credential_expiry_timestamp_seconds,
        Math.floor((after?.notAfterMs ?? 0) / 1000),
      )
      await issue(pair)
      // What it was given first is of no use any more: it is the renewed one that lets it in.
      pair.breakCredential()
      await ca.restart()
      await issue(pair)
      assert.equal(evidence()?.identity, uri)
    } finally {
      await pair.close()
    }
  })

  test('that does not answer leaves the credential as it was, and that is counted and said', async () => {
    const pair = await startPair(everything)
    try {
      const { ca } = pair
      await pair.stopServer()
      const failures = () => ca.authority.metrics().meshwright_ca_issuer_credential_renewal_failures_total
      for (let i = 0; i < 600 && failures() === 0; i += 1) {
        ca.clock.advance(60_000 * Number(i < 32))
        await new Promise(resolve => setTimeout(resolve, 10))
      }
      assert.ok(failures() > 0)
      assert.match(ca.authority.issuerCredentials()[0]?.fault ?? '', /the issuer does not answer/)
    } finally {
      await pair.close()
    }
  })

  test('signs for the namespaces of a delegate alone, and never for a delegate', async () => {
    const pair = await startPair({ delegates: [{ identity: delegate, namespaces: ['photo', 'istio-system'] }] })
    try {
      await issue(pair)
      await assert.rejects(issue(pair, 'spiffe://cluster.local/ns/other/sa/web'), refused(/impersonation/))
      await assert.rejects(issue(pair, delegate), refused(/impersonation/))
    } finally {
      await pair.close()
    }
  })
})
