/** `meshwright ca rotate`: begins, aborts or forces the rotation of the root. It goes on in the daemon. */

import { setTimeout as sleep } from 'node:timers/promises'
import { type Command, Option } from 'commander'
import type { AuthorityStatus } from '../../admin/rotation-view.ts'
import { systemClock } from '../../platform/clock.ts'
import { parseTtlSeconds } from '../duration.ts'
import { type ManagementClient, managementClient } from '../management-client.ts'
import { type ManagementFlags, managementFrom, withManagement } from '../management-flags.ts'
import { formatAuthorityStatus, formatProgress } from './status.ts'

interface RotateFlags extends ManagementFlags {
  readonly window: string
  readonly abort?: boolean
  readonly force?: boolean
  readonly wait?: boolean
  readonly timeout: string
}

export function addRotate(ca: Command): void {
  withManagement(ca.command('rotate').description('replace the root; `meshwright ca status` shows how far it is'))
    .option('--window <duration>', 'spread the renewals of certificates over so long', '10m')
    .addOption(new Option('--abort', 'go back to the root that signed before').conflicts(['force', 'window']))
    .addOption(
      new Option('--force', 'end the present wait whoever lags: their connections fail').conflicts(['abort', 'window']),
    )
    .option('--wait', 'say how far it is until it has ended; the exit code is 1 when that takes longer than --timeout')
    .option('--timeout <duration>', 'how long to wait at most', '1h')
    .action(async (flags: RotateFlags) => {
      const { credential, output } = managementFrom(flags)
      const timeoutMs = parseTtlSeconds(flags.timeout) * 1000
      // Read for each call: the root in it is what is being replaced.
      const client = (): ManagementClient => managementClient(credential)
      const begun = await client().post(...requestFor(flags))
      const answer = flags.wait === true ? await ended(client, { begun, timeoutMs }) : begun
      process.stdout.write(output === 'json' ? answer : formatAuthorityStatus(JSON.parse(answer) as AuthorityStatus))
    })
}

const lookEveryMs = 500

/** The last status; what changes on the way there goes to stderr. */
async function ended(
  client: () => ManagementClient,
  { begun, timeoutMs }: { readonly begun: string; readonly timeoutMs: number },
): Promise<string> {
  const dueMs = systemClock.monotonicMs() + timeoutMs
  let said = ''
  for (let answer = begun; ; answer = await client().get('/v1/ca/status')) {
    const { rotation } = JSON.parse(answer) as AuthorityStatus
    if (rotation === undefined || rotation.step === 'done' || rotation.step === 'aborted') return answer
    const line = formatProgress(rotation)
    if (line !== said) process.stderr.write(line)
    said = line
    if (systemClock.monotonicMs() >= dueMs) {
      process.stderr.write('still under way: it goes on in the daemon, see `meshwright ca status`\n')
      process.exitCode = 1
      return answer
    }
    await sleep(lookEveryMs)
  }
}

function requestFor(flags: RotateFlags): [path: string, body: object] {
  if (flags.abort === true) return ['/v1/ca/rotation/abort', {}]
  if (flags.force === true) return ['/v1/ca/rotation/force', {}]
  return ['/v1/ca/rotation', { windowSeconds: parseTtlSeconds(flags.window) }]
}
