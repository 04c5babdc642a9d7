/** `meshwright ca rotate`: begins, aborts or forces the rotation of the root. It goes on in the daemon. */

import { type Command, Option } from 'commander'
import type { AuthorityStatus } from '../../admin/rotation-view.ts'
import { parseTtlSeconds } from '../duration.ts'
import { managementClient } from '../management-client.ts'
import { type ManagementFlags, managementFrom, withManagement } from '../management-flags.ts'
import { formatAuthorityStatus } from './status.ts'

interface RotateFlags extends ManagementFlags {
  readonly window: string
  readonly abort?: boolean
  readonly force?: boolean
}

export function addRotate(ca: Command): void {
  withManagement(ca.command('rotate').description('replace the root; `meshwright ca status` shows how far it is'))
    .option('--window <duration>', 'spread the renewals of certificates over so long', '10m')
    .addOption(new Option('--abort', 'go back to the root that signed before').conflicts(['force', 'window']))
    .addOption(
      new Option('--force', 'end the present wait whoever lags: their connections fail').conflicts(['abort', 'window']),
    )
    .action(async (flags: RotateFlags) => {
      const { credential, output } = managementFrom(flags)
      const client = managementClient(credential)
      const answer = await client.post(...requestFor(flags))
      process.stdout.write(output === 'json' ? answer : formatAuthorityStatus(JSON.parse(answer) as AuthorityStatus))
    })
}

function requestFor(flags: RotateFlags): [path: string, body: object] {
  if (flags.abort === true) return ['/v1/ca/rotation/abort', {}]
  if (flags.force === true) return ['/v1/ca/rotation/force', {}]
  return ['/v1/ca/rotation', { windowSeconds: parseTtlSeconds(flags.window) }]
}
