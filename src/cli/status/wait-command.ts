/** `meshwright wait KIND NAME`: returns when every connected proxy that an object concerns has acknowledged it. */

import { type Command, Option } from 'commander'
import type { WaitAnswer } from '../../admin/status-view.ts'
import { MeshwrightError } from '../../platform/errors.ts'
import { configurationClient, kindCalled } from '../configuration/configuration-client.ts'
import { parseTtlSeconds } from '../duration.ts'
import { managementClient } from '../management-client.ts'
import { type ManagementFlags, managementFrom, withManagement } from '../management-flags.ts'
import { formatLaggards } from './format-status.ts'
import { objectPath } from './object-path.ts'

interface WaitFlags extends ManagementFlags {
  readonly namespace: string
  readonly for: string
  readonly timeout: string
}

/** The daemon answers at the end of the time; the way there takes some, too. */
const graceMs = 10_000

export function addWait(program: Command): void {
  withManagement(
    program
      .command('wait')
      .description('return when every connected proxy that an object concerns has acknowledged it')
      .argument('<kind>', 'kind, plural or short name')
      .argument('<name>', 'its name')
      .option('-n, --namespace <name>', 'its namespace; - for kinds without', 'default')
      .addOption(
        new Option('--for <condition>', 'what to wait for')
          .choices(['everywhere', 'accepted', 'deleted'])
          .default('everywhere'),
      )
      .option('--timeout <duration>', 'how long', '30s'),
  ).action(async (word: string, name: string, flags: WaitFlags) => {
    const seconds = parseTtlSeconds(flags.timeout)
    const { credential, output } = managementFrom(flags)
    const client = managementClient(credential)
    const { kind } = kindCalled(await configurationClient(client).kinds(), word)
    const path = `${objectPath(kind, flags.namespace, name)}/wait?for=${flags.for}&timeoutSeconds=${seconds}`
    const text = await client.get(path, { timeoutMs: seconds * 1000 + graceMs })
    const answer = JSON.parse(text) as WaitAnswer
    if (output === 'json') process.stdout.write(text)
    else if (answer.met) process.stdout.write(formatMet(answer))
    if (!answer.met) throw notMet(kind, `${flags.namespace}/${name}`, answer)
  })
}

/** One line. */
export function formatMet({ condition, waitedMs, spreadMs, proxies }: WaitAnswer): string {
  const acked = proxies.reduce((sum, one) => sum + one.acked, 0)
  const spread = spreadMs === undefined ? '' : `, ${spreadMs} ms after its change`
  if (condition === 'accepted') return `accepted after ${waitedMs} ms\n`
  if (acked === 0) return `no connected proxy is concerned; waited ${waitedMs} ms\n`
  return `${acked} ${acked === 1 ? 'proxy has' : 'proxies have'} it, waited ${waitedMs} ms${spread}\n`
}

function notMet(kind: string, name: string, { condition, waitedMs, verdict, proxies }: WaitAnswer): MeshwrightError {
  const what = `${kind} ${name} is not ${condition === 'everywhere' ? 'everywhere' : condition} after ${waitedMs} ms`
  const reasons = (verdict?.reasons ?? []).map(
    ({ field, reason }) => `${field === undefined ? '' : `${field}: `}${reason}`,
  )
  const why =
    verdict === undefined && condition !== 'deleted'
      ? 'there is no such object'
      : verdict !== undefined && verdict.verdict !== 'accepted'
        ? `it is ${verdict.verdict}: ${reasons.join('; ')}`
        : condition === 'deleted' && verdict !== undefined
          ? 'it is still there'
          : `these have not:\n${formatLaggards(proxies)}`
  return new MeshwrightError('WAIT_NOT_MET', {
    message: `${what}: ${why.trimEnd()}`,
    remedy: 'See `meshwright status` for the object and `meshwright get proxies --stale` for the proxies.',
  })
}
