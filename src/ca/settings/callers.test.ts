import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after, test } from 'node:test'
import { type CaSettings, readCaSettings } from '../settings.ts'
import { startRig } from '../testing/rig.ts'

const folder = mkdtempSync(path.join(os.tmpdir(), 'meshwright-callers-'))
after(() => rmSync(folder, { recursive: true }))

function read(text: string): CaSettings {
  const file = path.join(folder, 'ca.yaml')
  writeFileSync(file, text)
  return readCaSettings(file)
}

test('every key of the two sections is taken', () => {
  const settings = read(`
callers:
  oidc:
    - issuer: https://idp.example
      keysUrl: https://idp.example/keys
      audiences: [istio-ca]
      rootsFile: /etc/roots.pem
      requiredClaims: { repository_owner: us }
      identity: { form: parts, namespace: { value: ci }, serviceAccount: { claim: [kubernetes.io, name] } }
    - { issuer: https://other.example, audiences: [a, b], identity: { form: spiffe-id, claim: sub } }
  forwardedCertificateFrom: [10.0.0.0/8, fd00::/16]
  fetch: { allow: [127.0.0.1], refuse: [10.9.0.0/16] }
  legacyCsrService: true
admission:
  mostWaiting: 100
  mostAtOnce: 10
  mostPerCaller: 5
  mostPerAddress: 50
  callerRate: { burst: 5, perSecond: 0.5 }
  addressRate: { burst: 50, perSecond: 5 }
`)
  assert.equal(settings.callers?.oidc?.length, 2)
  assert.equal(settings.admission?.callerRate?.perSecond, 0.5)
})

test('what cannot be meant is refused with its place and what would do', () => {
  const refused = (text: string, message: RegExp): void => assert.throws(() => read(text), message, text)
  const rule = (more: string): string => `callers:\n  oidc:\n    - issuer: https://a\n      audiences: [a]\n${more}`
  refused('callers:\n  forwardedCertificateFrom: [10.0.0.0/8, 10.0.0.0/99]\n', /:2: .*From\.1: must be a CIDR block/)
  refused('callers:\n  fetch: { allow: ["0x7f.1"] }\n', /must be a CIDR block/)
  refused(
    'callers:\n  oidc:\n    - issuer: http://a\n      audiences: [a]\n',
    /:3: callers\.oidc\.0\.issuer: must be an https URL/,
  )
  refused('callers:\n  oidc:\n    - issuer: https://a\n      audiences: []\n', /:4: callers\.oidc\.0\.audiences/)
  refused(
    rule('      identity: { form: nonsense }\n'),
    /:5: callers\.oidc\.0\.identity: must be \{ form: service-account/,
  )
  refused(rule('      identity: { form: parts, namespace: { value: a } }\n'), /:5: .*must be \{ form/)
  refused(rule('      jwksUri: https://a\n'), /callers\.oidc\.0/)
  refused('admission:\n  mostWaiting: 0\n', /:2: admission\.mostWaiting: must be >= 1/)
})

test('rules that read well and cannot work stop the start', async () => {
  const base = { issuer: 'https://a', audiences: ['a'] }
  const startWith = (oidc: NonNullable<NonNullable<CaSettings['callers']>['oidc']>) =>
    assert.rejects(startRig({ settings: { callers: { oidc } } }), { code: 'CA_SETTINGS_INVALID' })
  await startWith([{ ...base, rootsFile: path.join(folder, 'nowhere.pem') }])
  await startWith([base, { ...base, keysUrl: 'https://b/keys' }])
  const parts = { form: 'parts', namespace: { value: 'a/b' }, serviceAccount: { claim: 'sub' } } as const
  await startWith([{ ...base, identity: parts }])
})
