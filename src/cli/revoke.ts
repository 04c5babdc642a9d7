/** `meshwright revoke`, `unrevoke` and `get revocations`. */

import { type Command, Option } from 'commander'
import type { RevocationList, RevocationReport, UnrevocationReport } from '../admin/revocation-view.ts'
import { systemClock } from '../platform/clock.ts'
import { MeshwrightError } from '../platform/errors.ts'
import { parseTtlSeconds } from './duration.ts'
import { managementClient } from './management-client.ts'
import { type ManagementFlags, managementFrom, withManagement } from './management-flags.ts'
import { formatTable, printable } from './table.ts'

interface TargetFlags extends ManagementFlags {
  readonly serial?: string
  readonly identity?: string
  readonly key?: string
  readonly issuer?: string
  readonly timeout: string
}

interface RevokeFlags extends TargetFlags {
  readonly reason: string
  readonly until?: string
  readonly deadline?: string
}

export function addRevoke(program: Command): void {
  withTarget(program.command('revoke').description('take certificates out of use everywhere, and wait until they are'))
    .option('--reason <name>', 'as RFC 5280 names it: keyCompromise, superseded, certificateHold …', 'unspecified')
    .option('--until <time>', 'end of the ban on new certificates: a duration, or a time such as 2027-01-31T12:00:00Z')
    .option('--deadline <duration>', 'also end connections that say nothing; costs every open mesh connection')
    .action(async (flags: RevokeFlags) => {
      const { credential, output } = managementFrom(flags)
      const request = {
        ...targetOf(flags),
        reason: flags.reason,
        ...(flags.until === undefined ? {} : { untilMs: parseUntil(flags.until) }),
        ...(flags.deadline === undefined ? {} : { deadlineMs: parseTtlSeconds(flags.deadline) * 1000 }),
      }
      const client = managementClient(credential)
      const answer = await client.post('/v1/revocations', request, { timeoutMs: request.timeoutMs + graceMs })
      const report = JSON.parse(answer) as RevocationReport
      process.stdout.write(output === 'json' ? answer : formatReport(report))
      if (!report.isEnforced) process.exitCode = 1
    })
}

export function addUnrevoke(program: Command): void {
  withTarget(
    program.command('unrevoke').description('lift a ban; certificates stay revoked, unless they were on hold'),
  ).action(async (flags: TargetFlags) => {
    const { credential, output } = managementFrom(flags)
    const request = targetOf(flags)
    const client = managementClient(credential)
    const answer = await client.post('/v1/revocations/lift', request, { timeoutMs: request.timeoutMs + graceMs })
    process.stdout.write(output === 'json' ? answer : formatLift(JSON.parse(answer) as UnrevocationReport))
  })
}

export function addGetRevocations(get: Command): void {
  withManagement(get.command('revocations').description('what is revoked, and how it is enforced')).action(
    async (flags: ManagementFlags) => {
      const { credential, output } = managementFrom(flags)
      const answer = await managementClient(credential).get('/v1/revocations')
      process.stdout.write(output === 'json' ? answer : formatList(JSON.parse(answer) as RevocationList))
    },
  )
}

/** For the daemon to say what is true when the time is over. */
const graceMs = 10_000

function withTarget(command: Command): Command {
  const target = (flag: string, description: string, name: string): Option =>
    new Option(flag, description).conflicts(['serial', 'identity', 'key', 'issuer'].filter(other => other !== name))
  return withManagement(command)
    .addOption(target('--serial <hex>', 'one certificate', 'serial'))
    .addOption(target('--identity <spiffe-id>', 'all certificates of a workload identity so far', 'identity'))
    .addOption(target('--key <sha256>', 'all certificates of a public key, by its fingerprint', 'key'))
    .addOption(target('--issuer <sha256>', 'all certificates of a signer, by the fingerprint of its own', 'issuer'))
    .option('--timeout <duration>', 'how long to wait for the proxies', '10s')
}

function targetOf(flags: TargetFlags): { kind: string; value: string; timeoutMs: number } {
  const timeoutMs = parseTtlSeconds(flags.timeout) * 1000
  for (const kind of ['serial', 'identity', 'key', 'issuer'] as const) {
    const value = flags[kind]
    if (value !== undefined) return { kind, value, timeoutMs }
  }
  throw new MeshwrightError('OPTION_INVALID', {
    message: 'what is to be revoked is not said',
    remedy: 'Give --serial, --identity, --key or --issuer.',
  })
}

function parseUntil(text: string): number {
  const at = Date.parse(text)
  if (/^\d{4}-/.test(text) && !Number.isNaN(at)) return at
  return systemClock.now() + parseTtlSeconds(text) * 1000
}

/** The first line says what is true; what is missing, and by which means, follows. */
export function formatReport(report: RevocationReport): string {
  const { proxies, enforced, tookMs, paths, unreachable, certificates, connectionsCut, drain } = report
  const names = unreachable
    .slice(0, mostNamed)
    .map(({ node, reason }) => `${printable(shortName(node))} (${printable(reason)})`)
  const more = unreachable.length > mostNamed ? ` and ${unreachable.length - mostNamed} more` : ''
  const missing = unreachable.length === 0 ? '' : `; ${unreachable.length} unreachable: ${names.join(', ')}${more}`
  const lines = [
    `revoked; ${enforced}/${proxies} proxies enforced in ${seconds(tookMs)}${missing}`,
    `${count(certificates.length, 'certificate')}${certificates.length === 0 ? '' : `: ${certificates.slice(0, mostNamed).join(', ')}`}${certificates.length > mostNamed ? ' …' : ''}; ${count(connectionsCut, 'connection')} to the daemon cut`,
    ...paths.map(
      ({ path, proxies: by, reason }) => `by ${path}: ${count(by, 'proxy')}${reason === '' ? '' : ` (${reason})`}`,
    ),
  ]
  lines.push(keptText(report.kept))
  if (drain !== undefined) {
    const verdict = drain.isWithinDeadline
      ? 'within the deadline'
      : 'after the deadline: start proxies with a shorter --drain'
    lines.push(
      `silent connections end within ${seconds(drain.endsAfterMs)}, ${verdict}; it costs every open mesh connection to ${count(drain.proxies, 'proxy')}`,
    )
  }
  return `${lines.join('\n')}\n`
}

function keptText({ agents, of }: RevocationReport['kept']): string {
  if (agents === 0) return 'kept by no agent: order it again if a backup from before is restored'
  return `kept by ${agents}${agents === of ? '' : ` of ${of}`} ${agents === 1 && of === 1 ? 'agent' : 'agents'}`
}

const mostNamed = 10

function formatLift({ released, staying, proxies, current, tookMs }: UnrevocationReport): string {
  const back =
    released.length === 0 ? '' : `; ${count(released.length, 'certificate')} on hold good again: ${released.join(', ')}`
  const gone = staying === 0 ? '' : `; ${count(staying, 'certificate')} stay${staying === 1 ? 's' : ''} revoked`
  return `ban lifted; ${current}/${proxies} proxies know it in ${seconds(tookMs)}${back}${gone}\n`
}

export function formatList({ enforcement, revocations }: RevocationList): string {
  const rows = revocations.map(({ id, kind, value, reason, revokedAt, until, liftedAt, certificates }) => [
    `${id}`,
    kind,
    value,
    reason,
    revokedAt,
    liftedAt === undefined ? (until === undefined ? 'in force' : `until ${until}`) : `lifted ${liftedAt}`,
    `${certificates.length}`,
  ])
  return `enforced by: ${printable(enforcement)}\n${formatTable(['ID', 'KIND', 'WHAT', 'REASON', 'SINCE', 'BAN', 'CERTIFICATES'], rows)}`
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 0)} s`

function count(number: number, noun: string): string {
  return `${number} ${number === 1 ? noun : noun.replace(/y$/, 'ie').concat('s')}`
}

/** `sidecar~10.0.0.1~web-1.shop~shop.svc.cluster.local` → `web-1.shop`. */
function shortName(node: string): string {
  return node.split('~')[2] ?? node
}
