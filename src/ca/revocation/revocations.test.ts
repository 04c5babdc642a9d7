import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { afterEach, beforeEach, describe, test } from 'node:test'
import type { PeerIdentity } from '../../platform/rpc.ts'
import { derFromPem } from '../certificates/pem.ts'
import { greedyCsr, newCsr, newKeys, type RequestKeys } from '../testing/requests.ts'
import { type CaRig, startRig, tlsPeer } from '../testing/rig.ts'
import { crlLifeMs } from './crl-book.ts'
import { checkCrl } from './crl-check.ts'
import type { RevocationOrder } from './revocation.ts'

const hour = 3_600_000
const day = 24 * hour
const identity = 'spiffe://cluster.local/ns/shop/sa/web'

let rig: CaRig
beforeEach(async () => {
  rig = await startRig()
})
afterEach(() => rig.close())

interface Held {
  readonly leaf: X509Certificate
  readonly keys: RequestKeys
}

async function join(serviceAccount = 'web', keys?: RequestKeys): Promise<Held> {
  const own = keys ?? (await newKeys())
  const { text } = await rig.authority.createJoinToken({ namespace: 'shop', serviceAccount, ttlMs: hour })
  const [leaf = ''] = await rig.call({ csr: await greedyCsr(own), token: text })
  return { leaf: new X509Certificate(leaf), keys: own }
}

function peerOf({ leaf }: Held): PeerIdentity {
  const uris = [leaf.subjectAltName?.replace('URI:', '') ?? '']
  const certificate = { uris, serialNumber: leaf.serialNumber, notAfterMs: leaf.validToDate.getTime(), raw: leaf.raw }
  return { ...tlsPeer, certificate }
}

const renew = async (held: Held, csr?: string): Promise<readonly string[]> =>
  rig.call({ csr: csr ?? (await newCsr()), peer: peerOf(held) })

const order = (kind: RevocationOrder['kind'], value: string, more: Partial<RevocationOrder> = {}): RevocationOrder => ({
  kind,
  value,
  reason: 'unspecified',
  banUntilMs: undefined,
  ...more,
})

const refused = { code: 'CA_REVOKED', grpcCode: 'PERMISSION_DENIED' }

/** What the lists in the trust say. */
async function listed(): Promise<readonly string[]> {
  await rig.authority.lists.publish()
  return rig.authority.trust.current().crls.flatMap(({ pem, issuerFingerprint }) => {
    const der = derFromPem(pem, ['X509 CRL']) ?? Buffer.alloc(0)
    const issuer = rig.authority.trust.current().roots.find(root => root.fingerprint === issuerFingerprint)
    return checkCrl(der, issuer?.pem ?? '', rig.clock.now()).serialNumbers
  })
}

describe('a revoked certificate', () => {
  test('gets no successor, and its siblings do', async () => {
    const [revoked, sibling] = [await join(), await join()]
    await rig.authority.revocations.revoke(order('serial', revoked.leaf.serialNumber))
    await assert.rejects(renew(revoked), refused)
    assert.equal((await renew(sibling)).length, 2)
    assert.deepEqual(await listed(), [revoked.leaf.serialNumber])
  })

  test('is known by the digest of its DER', async () => {
    const { leaf } = await join()
    const { certificates } = await rig.authority.revocations.revoke(order('serial', leaf.serialNumber))
    assert.deepEqual(
      certificates.map(({ digest, issuerFingerprint }) => [digest, issuerFingerprint]),
      [[leaf.fingerprint256.replaceAll(':', '').toLowerCase(), rig.authority.rootFingerprintSha256()]],
    )
  })

  test('stays revoked over a restart and until it expires, and no longer', async () => {
    const { leaf } = await join()
    await rig.authority.revocations.revoke(order('serial', leaf.serialNumber))
    const before = await listed()
    const { generation, crls } = rig.authority.trust.current()
    await rig.restart()
    assert.deepEqual(await listed(), before)
    assert.deepEqual(rig.authority.trust.current(), { ...rig.authority.trust.current(), generation, crls })
    rig.clock.advance(day + hour)
    await settled()
    assert.deepEqual([...rig.authority.revocations.certificates()], [])
    assert.deepEqual(await listed(), [])
    await rig.restart()
    assert.deepEqual([...rig.authority.revocations.certificates()], [])
  })

  test('of a compromised key takes the key with it, whoever asks', async () => {
    const { leaf, keys } = await join()
    await rig.authority.revocations.revoke(order('serial', leaf.serialNumber, { reason: 'keyCompromise' }))
    await assert.rejects(join('web', keys), refused)
    await rig.restart()
    await assert.rejects(join('web', keys), refused)
    await join('web')
  })

  test('on hold is good again when the hold is lifted; for any other reason it is not', async () => {
    const [held, gone] = [await join(), await join()]
    const { revocations } = rig.authority
    await revocations.revoke(order('serial', held.leaf.serialNumber, { reason: 'certificateHold' }))
    await revocations.revoke(order('serial', gone.leaf.serialNumber))
    const lifted = await revocations.lift({ kind: 'serial', value: held.leaf.serialNumber })
    assert.deepEqual([lifted.released, lifted.staying], [[held.leaf.serialNumber], 0])
    const other = await revocations.lift({ kind: 'serial', value: gone.leaf.serialNumber })
    assert.deepEqual([other.released, other.staying], [[], 1])
    assert.equal((await renew(held)).length, 2)
    await assert.rejects(renew(gone), refused)
    assert.deepEqual(await listed(), [gone.leaf.serialNumber])
  })

  test('on hold can be revoked for good', async () => {
    const { leaf } = await join()
    const { revocations } = rig.authority
    const target = { kind: 'serial', value: leaf.serialNumber } as const
    await revocations.revoke(order('serial', leaf.serialNumber, { reason: 'certificateHold' }))
    const { certificates } = await revocations.revoke(order('serial', leaf.serialNumber, { reason: 'keyCompromise' }))
    assert.equal(certificates.length, 1)
    assert.deepEqual((await revocations.lift(target)).released, [])
    await rig.restart()
    assert.equal(rig.authority.revocations.certificate(leaf.serialNumber)?.reason, 'keyCompromise')
  })

  test('that was never issued is unknown', async () => {
    const { revocations } = rig.authority
    await assert.rejects(revocations.revoke(order('serial', '40AB')), { code: 'REVOCATION_UNKNOWN' })
    await assert.rejects(revocations.lift({ kind: 'serial', value: '40AB' }), { code: 'REVOCATION_UNKNOWN' })
    assert.deepEqual(revocations.list(), [])
  })

  test("is never the daemon's own", async () => {
    const [own] = rig.authority.issuances(1)
    assert.equal(own?.evidence, 'own-server')
    await assert.rejects(rig.authority.revocations.revoke(order('serial', own?.serialNumber ?? '')), {
      code: 'REVOCATION_REFUSED',
    })
  })
})

describe('a revoked identity', () => {
  test('loses all certificates so far, and gets none by any way', async () => {
    const [a, b, other] = [await join(), await join(), await join('api')]
    const { certificates } = await rig.authority.revocations.revoke(order('identity', identity))
    assert.deepEqual(
      certificates.map(({ serialNumber }) => serialNumber).sort(),
      [a.leaf.serialNumber, b.leaf.serialNumber].sort(),
    )
    await assert.rejects(join(), refused)
    await assert.rejects(renew(a), refused)
    await renew(other)
    assert.deepEqual(rig.authority.revocations.bannedIdentities(), [identity])
  })

  test('may come again when the ban is lifted; what it had stays revoked', async () => {
    const before = await join()
    const { revocations } = rig.authority
    await revocations.revoke(order('identity', identity))
    await revocations.lift({ kind: 'identity', value: identity })
    await join()
    await assert.rejects(renew(before), refused)
  })

  test('may come again by itself when the ban ends', async () => {
    await rig.authority.revocations.revoke(order('identity', identity, { banUntilMs: rig.clock.now() + hour }))
    await assert.rejects(join(), refused)
    rig.clock.advance(hour)
    await join()
    await settled()
    assert.notEqual(rig.authority.revocations.list()[0]?.liftedAtMs, undefined)
  })

  test('can be banned before it ever had a certificate', async () => {
    const { certificates } = await rig.authority.revocations.revoke(order('identity', identity))
    assert.deepEqual(certificates, [])
    await assert.rejects(join(), refused)
    assert.deepEqual(await listed(), [])
  })

  test('loses what is being issued in the same moment', async () => {
    const holders = await Promise.all(Array.from({ length: 8 }, () => join()))
    const renewals = holders.map(held => renew(held).catch((error: { code: string }) => error.code))
    const revoking = rig.authority.revocations.revoke(order('identity', identity))
    const answers = await Promise.all(renewals)
    await revoking
    for (const answer of answers) {
      if (typeof answer === 'string') assert.equal(answer, 'CA_REVOKED')
      else {
        const { serialNumber } = new X509Certificate(answer[0] ?? '')
        assert.ok(rig.authority.revocations.certificate(serialNumber) !== undefined, 'one slipped through')
      }
    }
  })
})

describe('a revoked key', () => {
  test('gets no certificate for any identity', async () => {
    const { leaf, keys } = await join()
    const [issuance] = rig.authority.issuances(1)
    await rig.authority.revocations.revoke(order('key', issuance?.keyFingerprint ?? ''))
    await assert.rejects(join('api', keys), refused)
    assert.deepEqual(await listed(), [leaf.serialNumber])
  })
})

describe('a tainted signer', () => {
  test('must not be the one in use, nor one that never was', async () => {
    const { revocations } = rig.authority
    const inUse = order('issuer', rig.authority.rootFingerprintSha256())
    await assert.rejects(revocations.revoke(inUse), { code: 'REVOCATION_REFUSED' })
    await assert.rejects(revocations.revoke(order('issuer', 'ab'.repeat(32))), { code: 'REVOCATION_UNKNOWN' })
  })
})

describe('the lists in the trust', () => {
  test('are none as long as nothing is revoked', async () => {
    await join()
    assert.deepEqual(await listed(), [])
    assert.deepEqual(rig.authority.lists.coverage(), { kind: 'idle' })
    assert.equal(rig.authority.lists.all().length, 1)
  })

  test('are made again before half of their time has passed, and not before', async () => {
    const { leaf } = await join('web')
    const long = order('serial', leaf.serialNumber)
    await rig.authority.revocations.revoke(long)
    await listed()
    const first = rig.authority.trust.current()
    rig.clock.advance(hour)
    await listed()
    assert.deepEqual(rig.authority.trust.current(), first)
    assert.ok((first.crls[0]?.nextUpdateMs ?? 0) > rig.clock.now() + crlLifeMs / 2)
  })

  test('are left out where an issuer is not known, and the reason is named', async () => {
    const { leaf } = await join()
    await rig.authority.revocations.revoke(order('serial', leaf.serialNumber))
    assert.equal((await listed()).length, 1)
    const rootsPem = rig.authority.trustBundlePem()
    await rig.authority.trust.change(content => ({
      ...content,
      federated: [{ trustDomain: 'elsewhere', rootsPem }],
    }))
    assert.deepEqual(await listed(), [])
    assert.deepEqual(rig.authority.lists.coverage(), {
      kind: 'filters-only',
      reason: 'no revocation lists of the trust domain elsewhere',
    })
  })
})

/** What a timer began is done: its writes are on disk before one that is asked for now. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) {
    await rig.authority.createJoinToken({ namespace: 'shop', serviceAccount: 'any', ttlMs: hour })
  }
  await rig.authority.lists.publish()
}
