/** `meshwright ca log`: what the authority did and refused; with subcommands that prove it and check it. */

import { setTimeout as sleep } from 'node:timers/promises'
import { type Command, Option } from 'commander'
import type { LogEntryView } from '../../admin/transparency-view.ts'
import { type ManagementClient, managementClient } from '../management-client.ts'
import { type ManagementFlags, managementFrom, withManagement } from '../management-flags.ts'
import { formatTable } from '../table.ts'
import { addCheckpoint } from './log-checkpoint.ts'
import { addProve } from './log-prove.ts'
import { addPrune } from './log-prune.ts'
import { addVerify } from './log-verify.ts'
import { timeFrom } from './past-time.ts'

interface LogFlags extends ManagementFlags {
  readonly identity?: string
  readonly serial?: string
  readonly kind?: string
  readonly since?: string
  readonly limit: string
  readonly follow?: true
}

export function addLog(ca: Command): void {
  const log = withManagement(ca.command('log').description('what the authority did and refused, the latest last'))
    .option('--identity <spiffe-id>', 'only what concerns this identity')
    .option('--serial <serial>', 'only what concerns this certificate')
    .option('--kind <kind>', 'only entries of this kind: issue, renewal, refusal, revocation, rotation …')
    .option('--since <time>', 'only what is younger: a duration such as 2h, or a time such as 2030-01-31T12:00:00Z')
    .addOption(new Option('--limit <count>', 'at most so many, the latest').default('100'))
    .option('--follow', 'go on with what comes')
    .action(printLog)
  addCheckpoint(log)
  addProve(log)
  addPrune(log)
  addVerify(log)
}

const followIntervalMs = 500

async function printLog(flags: LogFlags): Promise<void> {
  const { credential, output } = managementFrom(flags)
  // Read for each call: a rotation replaces the root in it.
  const client = (): ManagementClient => managementClient(credential)
  const query = queryFrom(flags)
  const latest = await entriesOf(client(), { ...query, order: 'newest-first', limit: flags.limit })
  const entries = latest.toReversed()
  const lines = output === 'json' || flags.follow === true
  process.stdout.write(lines ? entries.map(line(output)).join('') : formatEntries(entries))
  if (flags.follow !== true) return
  for (let from = (entries.at(-1)?.index ?? -1) + 1; ; ) {
    await sleep(followIntervalMs)
    const more = await entriesOf(client(), { ...query, order: 'oldest-first', from: String(from), limit: '1000' })
    process.stdout.write(more.map(line(output)).join(''))
    from = (more.at(-1)?.index ?? from - 1) + 1
  }
}

type Query = Readonly<Record<string, string>>

async function entriesOf(client: ManagementClient, query: Query): Promise<readonly LogEntryView[]> {
  const answer = await client.get(`/v1/log/entries?${new URLSearchParams({ ...query })}`)
  return JSON.parse(answer) as LogEntryView[]
}

function queryFrom({ identity, serial, kind, since }: LogFlags): Query {
  return {
    ...(identity === undefined ? {} : { identity }),
    ...(serial === undefined ? {} : { serial: serial.replaceAll(':', '') }),
    ...(kind === undefined ? {} : { kind }),
    ...(since === undefined ? {} : { sinceMs: String(timeFrom('--since', since)) }),
  }
}

export function formatEntries(entries: readonly LogEntryView[]): string {
  return formatTable(['INDEX', 'TIME', 'KIND', 'IDENTITY', 'SERIAL', 'BY', 'FROM', 'MORE'], entries.map(cells))
}

const line =
  (output: 'table' | 'json') =>
  (entry: LogEntryView): string =>
    output === 'json' ? `${JSON.stringify(entry)}\n` : formatTable(cells(entry), [])

function cells({ index, at, kind, identity, serialNumber, caller, details }: LogEntryView): string[] {
  const by = caller === undefined ? '-' : [caller.evidence, caller.detail].filter(text => text !== '').join(' ')
  const more = Object.entries(details ?? {}).map(([name, value]) => `${name}=${value}`)
  const address = caller?.peerAddress ?? ''
  return [
    String(index),
    at,
    kind,
    identity ?? '-',
    serialNumber ?? '-',
    by,
    address === '' ? '-' : address,
    more.join(' '),
  ]
}
