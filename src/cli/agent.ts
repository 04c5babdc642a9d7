/** `meshwright agent`: its flags, each also an environment variable (`MESHWRIGHT_AGENT_SERVER` and so on). */

import { type Command, Option } from 'commander'
import type { AgentFlagTexts } from '../agent/flags.ts'

const collect = (text: string, before: readonly string[] | undefined): readonly string[] => [...(before ?? []), text]

export function addAgentCommand(program: Command, action: (flags: AgentFlagTexts) => Promise<void>): void {
  const agent = program.command('agent').description('run beside a workload: certificate, SDS, xDS relay and Envoy')
  for (const option of agentOptions()) agent.addOption(option.env(environmentName(option)))
  agent.action((flags: AgentFlagTexts) => action({ ...flags, ip: flags.ip ?? [], label: flags.label ?? [] }))
}

function agentOptions(): readonly Option[] {
  return [
    new Option('--server <host:port>', "the daemon's secure address").default('127.0.0.1:15012'),
    new Option('--server-name <name>', "DNS name that must be in the daemon's certificate").default(
      'istiod.istio-system.svc',
    ),
    new Option('--token <token>', 'join token; needed once, for the first certificate'),
    new Option('--token-file <file>', 'file that holds the join token'),
    new Option(
      '--file-certificates <directory>',
      'cert-chain.pem, key.pem and root-cert.pem that somebody else writes, instead of a certificate by token',
    ),
    new Option(
      '--state <directory>',
      'where key, certificate, roots and the last good configuration are kept',
    ).makeOptionMandatory(),
    new Option('--namespace <name>', "workload's namespace (default: the token's or the certificate's)"),
    new Option('--service-account <name>', "workload's service account (default: the token's or the certificate's)"),
    new Option('--name <name>', 'workload name (default: the service account)'),
    new Option('--ip <address>', "workload's address; may be given several times (default: this host's)").argParser(
      collect,
    ),
    new Option('--label <key=value>', 'workload label; may be given several times').argParser(collect),
    new Option('--interception-mode <mode>', 'how traffic reaches Envoy')
      .choices(['REDIRECT', 'TPROXY', 'NONE'])
      .default('REDIRECT'),
    new Option('--status-address <host:port>', '/healthz/ready and /stats/prometheus').default('127.0.0.1:15020'),
    new Option('--envoy-admin-address <host:port>', "Envoy's admin").default('127.0.0.1:15000'),
    new Option(
      '--health-address <host:port>',
      "Envoy's health listener (none unless given in mode NONE, else 0.0.0.0:15021)",
    ),
    new Option(
      '--prometheus-address <host:port>',
      "Envoy's Prometheus listener (none unless given in mode NONE, else 0.0.0.0:15090)",
    ),
    new Option('--cluster-id <name>', 'cluster this workload belongs to').default('Kubernetes'),
    new Option('--network <name>', 'network this workload is in').default(''),
    new Option('--xds <variant>', 'how Envoy is configured').choices(['delta', 'sotw']).default('delta'),
    new Option('--ttl <duration>', 'asked life of a certificate').default('24h'),
    new Option('--key-type <type>', 'kind of key').choices(['P-256', 'RSA-2048']).default('P-256'),
    new Option('--drain <duration>', 'how long open connections may go on after SIGTERM').default('5s'),
    new Option('--concurrency <threads>', "Envoy's worker threads (default: 2)"),
    new Option('--log-level <level>', 'of the agent and of Envoy').default('info'),
  ]
}

function environmentName(option: Option): string {
  return `MESHWRIGHT_AGENT_${(option.long ?? '').slice(2).toUpperCase().replaceAll('-', '_')}`
}
