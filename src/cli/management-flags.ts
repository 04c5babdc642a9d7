/** The flags of every command that talks to a running daemon. */

import { type Command, Option } from 'commander'
import { chosenContext, type DaemonFlags } from './context/chosen-context.ts'

/** Where the daemon's credential is, and how to print. */
export interface OutputFlags {
  readonly credential: string
  readonly output: 'table' | 'json'
}

/** As commander hands them over. */
export interface ManagementFlags extends DaemonFlags {
  readonly output: 'table' | 'json'
}

export function withManagement(command: Command): Command {
  return withDaemon(command).addOption(
    new Option('-o, --output <format>', 'how to print').choices(['table', 'json']).default('table'),
  )
}

/** Which daemon, without how to print. */
export function withDaemon(command: Command): Command {
  return command
    .addOption(only('--data <directory>', "the daemon's data directory (environment MESHWRIGHT_DATA)", 'data'))
    .addOption(only('--credential <file>', 'credential file instead of the one in the data directory', 'credential'))
    .addOption(only('--context <name>', 'a daemon by its name (environment MESHWRIGHT_CONTEXT)', 'context'))
}

export function managementFrom(flags: ManagementFlags): OutputFlags {
  return { credential: chosenContext(flags).credential, output: flags.output }
}

const only = (flag: string, description: string, name: keyof DaemonFlags): Option =>
  new Option(flag, description).conflicts(['data', 'credential', 'context'].filter(other => other !== name))
