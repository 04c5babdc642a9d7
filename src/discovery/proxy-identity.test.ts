import assert from 'node:assert/strict'
import test from 'node:test'
import { MeshwrightError } from '../platform/errors.ts'
import { spiffeIdOf } from '../platform/spiffe.ts'
import { type NodeDescription, proxyIdentityFrom } from './proxy-identity.ts'

const identity = spiffeIdOf({ trustDomain: 'cluster.local', namespace: 'shop', serviceAccount: 'web' })
const id = 'sidecar~10.1.0.1~web-5d8c.v1.shop~shop.svc.cluster.local'

const node = (metadata: Record<string, unknown> = {}, nodeId = id): NodeDescription => ({ id: nodeId, metadata })

function refusal(description: NodeDescription, as: typeof identity | undefined = identity): MeshwrightError {
  try {
    proxyIdentityFrom(description, as, 'delta')
  } catch (error) {
    assert.ok(error instanceof MeshwrightError)
    return error
  }
  assert.fail('was not refused')
}

test('a sidecar is who its certificate says, with what its node message adds', () => {
  const proxy = proxyIdentityFrom(
    {
      id,
      metadata: {
        NAMESPACE: 'shop',
        SERVICE_ACCOUNT: 'web',
        INSTANCE_IPS: '10.1.0.1, fd00::1',
        LABELS: { tier: 'front', app: 'web' },
        INTERCEPTION_MODE: 'NONE',
        CLUSTER_ID: 'c1',
        NETWORK: 'n1',
        UNPRIVILEGED_POD: 'true',
      },
      locality: { region: 'r', zone: 'z', subZone: '' },
    },
    identity,
    'delta',
  )
  assert.deepEqual(proxy, {
    id,
    type: 'sidecar',
    name: 'web-5d8c.v1',
    namespace: 'shop',
    serviceAccount: 'web',
    trustDomain: 'cluster.local',
    ipAddresses: ['10.1.0.1', 'fd00::1'],
    labels: { app: 'web', tier: 'front' },
    interceptionMode: 'NONE',
    unprivileged: true,
    clusterId: 'c1',
    network: 'n1',
    locality: { region: 'r', zone: 'z', subZone: '' },
    dnsDomain: 'shop.svc.cluster.local',
    variant: 'delta',
  })
})

test('what the message leaves out the certificate and the node id say', () => {
  const proxy = proxyIdentityFrom(node(), identity, 'sotw')
  assert.equal(proxy.namespace, 'shop')
  assert.equal(proxy.serviceAccount, 'web')
  assert.equal(proxy.interceptionMode, 'REDIRECT')
  assert.deepEqual(proxy.ipAddresses, ['10.1.0.1'])
  assert.equal(proxy.variant, 'sotw')
  assert.equal('locality' in proxy, false)
})

test('the address may stand in INSTANCE_IPS alone', () => {
  const bare = 'sidecar~~web.shop~shop.svc.cluster.local'
  assert.deepEqual(proxyIdentityFrom(node({ INSTANCE_IPS: '10.1.0.9' }, bare), identity, 'delta').ipAddresses, [
    '10.1.0.9',
  ])
  assert.match(refusal(node({}, bare)).message, /no IP address/)
})

test('the label istio-locality wins over the locality of the node', () => {
  const proxy = proxyIdentityFrom(
    { id, metadata: { LABELS: { 'istio-locality': 'a.b' } }, locality: { region: 'r', zone: '', subZone: '' } },
    identity,
    'delta',
  )
  assert.deepEqual(proxy.locality, { region: 'a', zone: 'b', subZone: '' })
})

const impostors: readonly (readonly [string, NodeDescription])[] = [
  ['another namespace in the metadata', node({ NAMESPACE: 'bank' })],
  ['another service account in the metadata', node({ SERVICE_ACCOUNT: 'admin' })],
  ['another namespace in the node id', node({}, 'sidecar~10.1.0.1~web.bank~bank.svc.cluster.local')],
  [
    'the right namespace in the metadata and another in the node id',
    node({ NAMESPACE: 'shop' }, 'sidecar~10.1.0.1~web.bank~x.svc.cluster.local'),
  ],
]
for (const [name, description] of impostors) {
  test(`SPI-01-003, CVE-2026-31838: an identity is refused that claims ${name}`, () => {
    const error = refusal(description)
    assert.equal(error.grpcCode, 'PERMISSION_DENIED')
    assert.match(error.message, /^authorization failed: /)
  })
}

test('TOB Linkerd 2022: a node id that could break a line, a terminal or the keys of tables is refused', () => {
  for (const name of ['a\u001b[2J', 'a\rb', 'a b', 'a\u202eb', 'a\u0000']) {
    assert.match(refusal(node({}, `sidecar~10.1.0.1~${name}.shop~shop.svc.cluster.local`)).message, /printable ASCII/)
  }
  for (const namespace of ['shop|x', 'shop/x', 'a\nb', '*', '..|']) {
    assert.equal(refusal(node({ NAMESPACE: namespace }), undefined).grpcCode, 'INVALID_ARGUMENT', namespace)
    assert.equal(refusal(node({ SERVICE_ACCOUNT: namespace }), undefined).grpcCode, 'INVALID_ARGUMENT', namespace)
  }
})

test('without identity the message is believed', () => {
  const proxy = proxyIdentityFrom(node({ NAMESPACE: 'bank', SERVICE_ACCOUNT: 'admin' }), undefined, 'delta')
  assert.equal(proxy.namespace, 'bank')
  assert.equal(proxy.serviceAccount, 'admin')
  assert.equal(proxy.trustDomain, '')
})

const malformed: readonly (readonly [string, NodeDescription, RegExp])[] = [
  ['no node id', node({}, ''), /^missing node information$/],
  ['three parts', node({}, 'sidecar~10.1.0.1~web.shop'), /has 3 parts/],
  ['five parts', node({}, `${id}~x`), /has 5 parts/],
  ['a gateway', node({}, id.replace('sidecar', 'router')), /type "router" are not served/],
  ['no IP address in the id', node({}, id.replace('10.1.0.1', 'host')), /no IP address/],
  ['a name without namespace', node({}, 'sidecar~10.1.0.1~web~shop.svc.cluster.local'), /no NAME.NAMESPACE/],
  ['a namespace without name', node({}, 'sidecar~10.1.0.1~.shop~shop.svc.cluster.local'), /no NAME.NAMESPACE/],
  ['no DNS domain', node({}, 'sidecar~10.1.0.1~web.shop~'), /no DNS domain/],
  ['an endless id', node({}, `sidecar~10.1.0.1~${'x'.repeat(2000)}.shop~d`), /longer than 1024/],
  ['control characters in the id', node({}, 'side\ncar~10.1.0.1~web.shop~d'), /^[^\n]*$/],
  ['a number for a text', node({ NAMESPACE: 7 }), /NAMESPACE is not a text/],
  ['addresses that are none', node({ INSTANCE_IPS: '10.1.0.1,evil' }), /INSTANCE_IPS holds something else/],
  [
    'very many addresses',
    node({ INSTANCE_IPS: Array.from({ length: 40 }, (_, i) => `10.2.0.${i}`).join(',') }),
    /more than 32/,
  ],
  ['labels that are a list', node({ LABELS: ['a'] }), /LABELS is not a map/],
  ['a label that is no text', node({ LABELS: { a: 1 } }), /LABELS holds a value/],
  ['an endless label', node({ LABELS: { a: 'x'.repeat(1000) } }), /LABELS holds a text longer/],
  [
    'very many labels',
    node({ LABELS: Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`l${i}`, ''])) }),
    /more than 256/,
  ],
  ['an unknown interception mode', node({ INTERCEPTION_MODE: 'MAGIC' }), /not REDIRECT, TPROXY or NONE/],
]
for (const [name, description, message] of malformed) {
  test(`a node message is refused that has ${name}`, () => {
    const error = refusal(description)
    assert.equal(error.grpcCode, 'INVALID_ARGUMENT')
    assert.match(error.message, message)
  })
}
