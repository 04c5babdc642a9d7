/**
 * How long a revoked certificate is still of use: from the start of `meshwright revoke` to the last request, byte or
 * handshake that passes at any of four real Envoys, beside 200 agents that confirm everything in the real protocol.
 * `node bench/revoke.ts [--rounds 20] [--agents 200]`; needs ENVOY_PATH; exit code 1 when a goal is missed.
 */

import { once } from 'node:events'
import path from 'node:path'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import type { RevocationReport } from '../src/admin/revocation-view.ts'
import { startApplication, startMesh, strictMutualTls } from '../test/support/mesh.ts'
import { issueCertificate, type MeshCertificate, openTls, startValve } from '../test/support/mesh-clients.ts'
import { runCommand, startProgram, until } from '../test/support/processes.ts'
import { serviceEntry, sidecar, workloadEntry } from '../test/support/services.ts'
import { startTcpServer } from '../test/support/tcp.ts'
import { reportGoals } from './support/goals.ts'
import { formatTable } from './support/table.ts'

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '20' }, agents: { type: 'string', default: '200' } },
})
const [rounds, agents] = [Number(values.rounds), Number(values.agents)]
const servers = [1, 2, 3, 4].map(n => ({ name: `server-${n}`, ip: `127.0.44.${10 + n}` }))
const [webPort, tcpPort] = [18080, 17000]

/** As long as this runs; ends what the helpers of the tests have started. */
const endings: (() => unknown)[] = []
const run = { after: (ending: () => unknown) => void endings.push(ending) } as unknown as TestContext

/** Milliseconds of `clock` at which `attempt` was last successful; ends when it has failed. */
async function lastSuccess(attempt: () => Promise<boolean>): Promise<number> {
  let last = 0
  for (;;) {
    const begin = performance.now()
    if (!(await attempt())) return last
    last = begin
  }
}

interface Round {
  /** From the start of the process, and from the moment at which the daemon took the order. */
  readonly fromStartMs: number
  readonly fromOrderMs: number
  readonly reportedMs: number
  readonly confirmed: number
  readonly siblingLosses: number
  readonly lateAccepted: number
}

async function measureRound(data: string, folder: string): Promise<Round> {
  const certificate = (n: number): Promise<MeshCertificate> =>
    issueCertificate(run, { data, out: path.join(folder, `certificate-${n}-${performance.now()}`) }, 'victim')
  const [victim, sibling] = [await certificate(1), await certificate(2)]
  const webs = await Promise.all(servers.map(({ ip }) => openTls(victim, { host: ip, port: webPort })))
  const tcps = await Promise.all(servers.map(({ ip }) => openTls(victim, { host: ip, port: tcpPort })))
  const siblings = await Promise.all(servers.map(({ ip }) => openTls(sibling, { host: ip, port: webPort })))
  const valves = await Promise.all(servers.map(({ ip }) => startValve(run, ip, webPort)))
  const late = valves.map(({ port }) => openTls(victim, { host: '127.0.0.1', port }).catch(() => undefined))
  await until(() => valves.every(({ answered }) => answered === 1), 5000)

  let isOver = false
  let siblingLosses = 0
  const siblingTraffic = siblings.map(async open => {
    while (!isOver) {
      if ((await open.get()) !== 200) siblingLosses += 1
      await new Promise(resolve => setTimeout(resolve, 5))
    }
  })
  const pause = (): Promise<void> => new Promise(resolve => setTimeout(resolve, 2))
  const attempts = [
    ...webs.map(open => async () => {
      await pause()
      return (await open.get()) === 200
    }),
    ...tcps.map(open => async () => {
      await pause()
      return (await open.say('hello')) === 'HELLO'
    }),
    ...servers.map(({ ip }) => async () => {
      const open = await openTls(victim, { host: ip, port: webPort }).catch(() => undefined)
      const status = (await open?.get()) ?? 0
      open?.end()
      return status === 200
    }),
  ].map(lastSuccess)

  const begin = performance.now()
  const { stdout } = await runCommand(run, 'revoke', '--serial', victim.serialNumber, '--data', data, '-o', 'json')
  const reportedMs = performance.now() - begin
  const report = JSON.parse(stdout) as RevocationReport
  const last = Math.max(...(await Promise.all(attempts)))
  for (const valve of valves) valve.open()
  const statuses = await Promise.all(late.map(async open => (await (await open)?.get()) ?? 0))
  isOver = true
  await Promise.all(siblingTraffic)
  for (const open of [...webs, ...tcps, ...siblings]) open.end()
  return {
    fromStartMs: last - begin,
    fromOrderMs: Math.max(0, last - (begin + reportedMs - report.tookMs)),
    reportedMs,
    confirmed: report.enforced,
    siblingLosses,
    lateAccepted: statuses.filter(status => status === 200).length,
  }
}

const quantile = (sorted: readonly number[], q: number): number =>
  sorted[Math.min(sorted.length - 1, Math.ceil(q * sorted.length) - 1)] ?? Number.NaN

async function main(): Promise<void> {
  for (const { ip } of servers) {
    await startApplication(run, 'server', ip, 19080)
    await startTcpServer(run, ip, 19000)
  }
  const config = servers.flatMap(({ name, ip }) => {
    const ports = [
      ['web', 'name: http, protocol: HTTP', webPort, 19080],
      ['echo', 'name: tcp, protocol: TCP', tcpPort, 19000],
    ] as const
    const ingress = ports.map(
      ([, port, bound, application]) =>
        `{ port: { number: ${bound}, ${port} }, bind: ${ip}, defaultEndpoint: "0.0.0.0:${application}" }`,
    )
    return [
      ...ports.map(([host, port, targetPort]) =>
        serviceEntry({ host: `${host}-${name}.test.internal`, app: name, port, targetPort }),
      ),
      workloadEntry(name, ip),
      sidecar(name, { ingress: `[${ingress.join(', ')}]` }),
    ]
  })
  const files = { 'mesh.yaml': config.join(''), 'strict.yaml': strictMutualTls }
  const { daemon, folder } = await startMesh(run, files, servers)
  const out = path.join(folder, 'agents')
  await issueCertificate(run, { data: daemon.data, out }, 'agent')
  const program = fileURLToPath(new URL('./support/attending-process.ts', import.meta.url))
  const attending = startProgram(run, [process.execPath, program, `${daemon.ports.secure}`, `${agents}`, out])
  await once(attending.child.stdout ?? process.stdin, 'data')

  const measured: Round[] = []
  for (let round = 0; round < rounds; round += 1) measured.push(await measureRound(daemon.data, folder))

  const sorted = (of: (round: Round) => number): number[] => measured.map(of).sort((a, b) => a - b)
  const row = (name: string, figures: readonly number[]): string[] => [
    name,
    ...[0.5, 0.9, 0.99].map(q => `${quantile(figures, q).toFixed(0)} ms`),
  ]
  const [fromStart, fromOrder] = [sorted(one => one.fromStartMs), sorted(one => one.fromOrderMs)]
  process.stdout.write(
    `${rounds} revocations, 4 Envoys, ${agents} agents more, Node ${process.version}\n\n${formatTable(
      ['last success', 'p50', 'p90', 'p99'],
      [
        row('from the start of the command', fromStart),
        row('from the order at the daemon', fromOrder),
        row(
          'the command says it is done',
          sorted(one => one.reportedMs),
        ),
      ],
    )}\n\n`,
  )
  const missing = (4 + agents) * rounds - measured.reduce((sum, { confirmed }) => sum + confirmed, 0)
  const total = (of: (round: Round) => number): number => measured.reduce((sum, one) => sum + of(one), 0)
  reportGoals([
    {
      name: 'refused everywhere, p99 from the start of the command',
      reached: quantile(fromStart, 0.99),
      goal: 1000,
      unit: 'ms',
    },
    { name: 'proxies that did not confirm', reached: missing, goal: 0, unit: '' },
    { name: 'requests that a sibling lost', reached: total(one => one.siblingLosses), goal: 0, unit: '' },
    { name: 'late handshakes that were served', reached: total(one => one.lateAccepted), goal: 0, unit: '' },
  ])
}

try {
  await main()
} finally {
  for (const ending of endings.toReversed()) await ending()
}
