/** The real agent of one workload, with every address on the workload's own. */

import type { TestContext } from 'node:test'
import { atEnd, runCommand, type Started, start } from './processes.ts'

export interface WorkloadSpec {
  readonly name: string
  readonly ip: string
  readonly xds?: 'delta' | 'sotw'
  readonly serviceAccount?: string
  readonly namespace?: string
  /** Default NONE. With REDIRECT nothing is captured; Envoy has the configuration as if it were. */
  readonly interceptionMode?: 'REDIRECT' | 'NONE'
}

export const testNamespace = 'test'

export interface AgentPlace {
  /** The daemon's secure address. */
  readonly server: string
  /** The state directory. */
  readonly state: string
  /** Undefined: the agent has a certificate, or should not get one. */
  readonly token: string | undefined
  /** A folder of certificate files to use instead. */
  readonly certificates?: string
  readonly environment?: Readonly<Record<string, string>>
}

/** Does not wait for anything. The agent ends, and its Envoy with it, when the test does. */
export function launchAgent(
  t: TestContext,
  workload: WorkloadSpec,
  { server, state, token, certificates, environment = {} }: AgentPlace,
): Started {
  const { name, ip, xds = 'delta', interceptionMode = 'NONE' } = workload
  const agent = start(
    t,
    [
      ...['agent', '--server', server, '--state', state, ...identityFlags(workload)],
      ...['--name', name, '--ip', ip, '--label', `app=${name}`, '--xds', xds],
      ...['--interception-mode', interceptionMode, '--concurrency', '1', '--drain', '0s'],
      ...['--status-address', `${ip}:15020`, '--envoy-admin-address', `${ip}:15000`],
      ...['--health-address', `${ip}:15021`, '--prometheus-address', `${ip}:15090`],
    ],
    {
      ...environment,
      ...(token === undefined ? {} : { MESHWRIGHT_AGENT_TOKEN: token }),
      ...(certificates === undefined ? {} : { MESHWRIGHT_AGENT_FILE_CERTIFICATES: certificates }),
    },
  )
  // An agent ends its Envoy when it is told to; one that is killed would leave it behind.
  atEnd(t, async () => {
    agent.child.kill('SIGTERM')
    await agent.ended
  })
  return agent
}

/** A join token for the workload's identity, from the daemon on this data directory. */
export async function createToken(t: TestContext, workload: WorkloadSpec, data: string): Promise<string> {
  const { code, stdout, stderr } = await runCommand(t, 'token', 'create', ...identityFlags(workload), '--data', data)
  if (code !== 0) throw new Error(`no token for ${workload.name}:\n${stderr}`)
  return stdout.trim()
}

function identityFlags({ name, serviceAccount = name, namespace = testNamespace }: WorkloadSpec): readonly string[] {
  return ['--namespace', namespace, '--service-account', serviceAccount]
}
