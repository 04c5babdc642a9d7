import { caKeyKinds } from '../certificates/ca-key.ts'
import { foreignAnswer, foreignAuthority } from '../testing/foreign-authority.ts'
import { issuerSuite } from '../testing/issuer-suite.ts'
import { startRig } from '../testing/rig.ts'
import { settingsFolder } from '../testing/settings-folder.ts'

for (const caKey of caKeyKinds) {
  issuerSuite(`a self-signed root with a key of kind ${caKey}`, async () => {
    const ca = await startRig({ settings: { issuer: { caKey } } })
    return { ca, otherNames: 'ignored', close: () => ca.close() }
  })
}

for (const algorithm of ['P-256', 'P-384', 'RSA-2048'] as const) {
  issuerSuite(`a plug-in directory with a key of kind ${algorithm}`, async () => {
    const root = await foreignAuthority('root', { algorithm })
    const middle = await foreignAuthority('middle', { by: root, algorithm: 'P-256' })
    const notAfter = new Date(Date.now() + 40 * 24 * 3_600_000)
    const signer = await foreignAuthority('signer', { by: middle, algorithm, pathLength: 0, notAfter })
    const folder = settingsFolder({
      'ca-cert.pem': signer.certPem,
      'ca-key.pem': signer.keyPem,
      'cert-chain.pem': signer.certPem + middle.certPem,
      'root-cert.pem': root.certPem,
    })
    const ca = await startRig({ settings: { issuer: { kind: 'plug-in', plugIn: { directory: folder.directory } } } })
    return {
      ca,
      otherNames: 'ignored',
      chainNotAfterMs: notAfter.getTime(),
      async close() {
        await ca.close()
        folder.remove()
      },
    }
  })
}

issuerSuite('a plug-in directory in the form of a TLS secret', async () => {
  const root = await foreignAuthority('root')
  const signer = await foreignAuthority('signer', { by: root })
  const folder = settingsFolder({ 'tls.crt': signer.certPem, 'tls.key': signer.keyPem, 'ca.crt': root.certPem })
  const ca = await startRig({ settings: { issuer: { kind: 'plug-in', plugIn: { directory: folder.directory } } } })
  return {
    ca,
    otherNames: 'ignored',
    async close() {
      await ca.close()
      folder.remove()
    },
  }
})

issuerSuite('an intermediate of a root that is kept offline', async () => {
  const offline = await foreignAuthority('offline root')
  const ca = await startRig({ settings: { issuer: { kind: 'intermediate' } } })
  const certPem = await foreignAnswer(offline, await ca.authority.requestIntermediate())
  await ca.authority.installIntermediate(certPem + offline.certPem)
  const renewed = Promise.withResolvers<unknown>()
  ca.authority.onServerCertificate(renewed.resolve)
  await renewed.promise
  return { ca, otherNames: 'ignored', close: () => ca.close() }
})
