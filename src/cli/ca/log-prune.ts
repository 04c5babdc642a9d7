/** `meshwright ca log prune`: forgets the bytes of old entries; what proves them stays. */

import type { Command } from 'commander'
import type { PruneView } from '../../admin/transparency-view.ts'
import { managementClient } from '../management-client.ts'
import { type ManagementFlags, managementFrom, withManagement } from '../management-flags.ts'
import { timeFrom } from './past-time.ts'

interface PruneFlags extends ManagementFlags {
  readonly before: string
}

export function addPrune(log: Command): void {
  withManagement(
    log.command('prune').description('forget certificates and refusals that are old; every proof still holds'),
  )
    .requiredOption('--before <time>', 'what is older: a duration such as 400d, or a time such as 2030-01-31T12:00:00Z')
    .action(prune)
}

async function prune(flags: PruneFlags): Promise<void> {
  const { credential, output } = managementFrom(flags)
  const answer = await managementClient(credential).post('/v1/log/prune', {
    beforeMs: timeFrom('--before', flags.before),
  })
  const { untilIndex, forgotten } = JSON.parse(answer) as PruneView
  const text = forgotten === 0 ? 'nothing is old enough' : `${forgotten} entries before ${untilIndex} are forgotten`
  process.stdout.write(output === 'json' ? answer : `${text}\n`)
}
