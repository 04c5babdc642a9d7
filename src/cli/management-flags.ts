/** The flags of every command that talks to a running daemon. */

import { type Command, Option } from 'commander'
import { credentialPath } from '../admin/credential.ts'
import { givenDataDirectory } from '../options.ts'

/** Where the daemon's credential is, and how to print. */
export interface OutputFlags {
  readonly credential: string
  readonly output: 'table' | 'json'
}

/** As commander hands them over. */
export interface ManagementFlags {
  readonly data?: string
  readonly credential?: string
  readonly output: 'table' | 'json'
}

export function withManagement(command: Command): Command {
  return command
    .option('--data <directory>', "the daemon's data directory (environment MESHWRIGHT_DATA)")
    .option('--credential <file>', 'admin credential file instead of the one in the data directory')
    .addOption(new Option('-o, --output <format>', 'how to print').choices(['table', 'json']).default('table'))
}

export function managementFrom(flags: ManagementFlags): OutputFlags {
  return { credential: flags.credential ?? credentialPath(givenDataDirectory(flags.data)), output: flags.output }
}
