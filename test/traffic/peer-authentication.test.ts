import assert from 'node:assert/strict'
import { test } from 'node:test'
import { call, startApplication, startMesh } from '../support/mesh.ts'
import { until } from '../support/processes.ts'
import { serviceEntry, sidecar, workloadEntry } from '../support/services.ts'

const addresses = { plain: '127.0.13.1', marked: '127.0.13.2' }
const client = '127.0.13.3'
const inboundPorts = { a: 18080, b: 18081 }

type Workload = keyof typeof addresses
type PortName = keyof typeof inboundPorts

const places = (['plain', 'marked'] as const).flatMap(workload =>
  (['a', 'b'] as const).map(port => ({ workload, port })),
)
const hostOf = (workload: Workload, port: PortName): string => `${workload}-${port}.test.internal`

const configuration = [
  ...places.map(({ workload, port }) =>
    serviceEntry({
      host: hostOf(workload, port),
      app: workload,
      port: 'name: http, protocol: HTTP',
      targetPort: inboundPorts[port],
    }),
  ),
  ...(['plain', 'marked'] as const).flatMap(name => [
    workloadEntry(name, addresses[name]),
    sidecar(name, {
      ingress: `[${Object.values(inboundPorts)
        .map(port => {
          const listener = `port: { number: ${port}, name: http-${port}, protocol: HTTP }, bind: ${addresses[name]}`
          return `{ ${listener}, defaultEndpoint: "0.0.0.0:19080" }`
        })
        .join()}]`,
    }),
  ]),
  sidecar('client', {
    egress: `[{ port: { number: 18180, name: http, protocol: HTTP }, bind: ${client}, hosts: ["./*"] }]`,
  }),
].join('')

interface Level {
  readonly name?: string
  readonly namespace?: string
  readonly created?: string
  readonly spec: string
}

const peerAuthentication = ({ name = 'default', namespace = 'test', created, spec }: Level): string => `---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: { name: ${name}, namespace: ${namespace}${created === undefined ? '' : `, creationTimestamp: "${created}"`} }
spec: ${spec}
`

const mtls = (mode: string): string => `mtls: { mode: ${mode} }`
const marked = 'selector: { matchLabels: { app: marked } }'

/** What a caller without a sidecar gets, and how one of the mesh comes in. */
const disabled = 'open, called in plaintext'
const permissive = 'open, called by mutual TLS'
const strict = 'closed, called by mutual TLS'

const everywhere = (mode: string) => ({ plain: { a: mode, b: mode }, marked: { a: mode, b: mode } })

interface Step {
  readonly about: string
  readonly levels: readonly Level[]
  readonly expected: Readonly<Record<Workload, Readonly<Record<PortName, string>>>>
}

const steps: readonly Step[] = [
  { about: 'nobody says anything', levels: [], expected: everywhere(permissive) },
  {
    about: 'the mesh speaks for all',
    levels: [{ namespace: 'istio-system', spec: `{ ${mtls('STRICT')} }` }],
    expected: everywhere(strict),
  },
  {
    about: 'the namespace over the mesh',
    levels: [{ namespace: 'istio-system', spec: `{ ${mtls('STRICT')} }` }, { spec: `{ ${mtls('DISABLE')} }` }],
    expected: everywhere(disabled),
  },
  {
    about: 'the workload over the namespace',
    levels: [{ spec: `{ ${mtls('PERMISSIVE')} }` }, { name: 'marked', spec: `{ ${marked}, ${mtls('STRICT')} }` }],
    expected: { ...everywhere(permissive), marked: { a: strict, b: strict } },
  },
  {
    about: 'the port over the workload',
    levels: [
      { spec: `{ ${mtls('STRICT')} }` },
      { name: 'marked', spec: `{ ${marked}, ${mtls('DISABLE')}, portLevelMtls: { 18081: { mode: STRICT } } }` },
    ],
    expected: { ...everywhere(strict), marked: { a: disabled, b: strict } },
  },
  {
    about: 'what is unset is inherited',
    levels: [
      { namespace: 'istio-system', spec: `{ ${mtls('STRICT')} }` },
      { spec: `{ ${mtls('UNSET')} }` },
      {
        name: 'marked',
        spec: `{ ${marked}, portLevelMtls: { 18080: { mode: PERMISSIVE }, 18081: { mode: UNSET } } }`,
      },
    ],
    expected: { ...everywhere(strict), marked: { a: permissive, b: strict } },
  },
  {
    about: 'the oldest of one level',
    levels: [
      { name: 'a', created: '2026-02-02T00:00:00Z', spec: `{ ${mtls('STRICT')} }` },
      { name: 'b', created: '2026-01-01T00:00:00Z', spec: `{ ${mtls('PERMISSIVE')} }` },
    ],
    expected: everywhere(permissive),
  },
  {
    about: 'a policy of another namespace is of no account',
    levels: [{ namespace: 'other', spec: `{ ${mtls('STRICT')} }` }, { spec: `{ ${mtls('DISABLE')} }` }],
    expected: everywhere(disabled),
  },
]

test('mutual TLS is taken and demanded as the narrowest policy says', async t => {
  for (const [name, ip] of Object.entries(addresses)) await startApplication(t, name, ip, 19080)
  const mesh = await startMesh(t, { 'all.yaml': configuration, 'modes.yaml': '' }, [
    { name: 'plain', ip: addresses.plain },
    { name: 'marked', ip: addresses.marked },
    { name: 'client', ip: client },
  ])
  for (const { about, levels, expected } of steps) {
    await t.test(about, async () => {
      mesh.put('modes.yaml', levels.map(peerAuthentication).join(''))
      let seen: unknown
      const matches = async (): Promise<boolean> => {
        seen = await observed()
        return JSON.stringify(seen) === JSON.stringify(expected)
      }
      await until(matches, 5_000).catch(() => assert.deepEqual(seen, expected))
    })
  }
})

async function observed(): Promise<unknown> {
  const seen: Record<Workload, Record<string, string>> = { plain: {}, marked: {} }
  for (const { workload, port } of places) {
    const outside = await call({ host: addresses[workload], port: inboundPorts[port] })
    const inside = await call({ host: client, port: 18180, headers: { host: hostOf(workload, port) } })
    const caller = String(inside.headers['x-caller'] ?? '')
    const how = caller.includes('URI=spiffe://cluster.local/ns/test/sa/client') ? 'by mutual TLS' : 'in plaintext'
    const called = inside.status === 200 ? `called ${how}` : `${inside.status} for the mesh`
    seen[workload][port] = `${outside.status === 200 ? 'open' : 'closed'}, ${called}`
  }
  return seen
}
