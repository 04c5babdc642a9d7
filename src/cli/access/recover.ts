/** `meshwright access recover`: a new admin token on the machine of the daemon, by the files alone, the daemon running or not. */

import type { Command } from 'commander'
import { createGrants } from '../../admin/access/grants.ts'
import { recoverAccess } from '../../admin/access/local-credential.ts'
import { givenDataDirectory } from '../../options.ts'
import { systemClock } from '../../platform/clock.ts'

interface RecoverFlags {
  readonly data?: string
  readonly revokeOthers?: boolean
}

export function addRecover(access: Command): void {
  access
    .command('recover')
    .description("make a new admin token; needs the data directory's owner or root, and no daemon")
    .option('--data <directory>', "the daemon's data directory (environment MESHWRIGHT_DATA)")
    .option('--revoke-others', 'end every other credential, too')
    .action(({ data, revokeOthers }: RecoverFlags) => {
      const directory = givenDataDirectory(data)
      const grants = createGrants({ directory, now: () => systemClock.now() })
      const { file, revoked } = recoverAccess(directory, grants, revokeOthers === true ? 'revoke' : 'keep')
      process.stdout.write(`${file} has a new admin token; credentials revoked: ${revoked}\n`)
    })
}
