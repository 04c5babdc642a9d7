/** `meshwright backup` and `meshwright restore`: they work on the data directory itself, without the daemon. */

import type { Command } from 'commander'
import { givenDataDirectory } from '../options.ts'

export interface BackupRequest {
  readonly data: string
  readonly out: string
  readonly contents: 'database-and-key' | 'database'
}

export interface RestoreRequest {
  readonly file: string
  readonly data: string
  readonly into: 'empty-directory' | 'replace'
}

/** Implemented by the composition root; each resolves with what is to be printed. */
export interface BackupActions {
  backup(request: BackupRequest): Promise<string>
  restore(request: RestoreRequest): Promise<string>
}

export function addBackupAndRestore(program: Command, actions: BackupActions): void {
  program
    .command('backup')
    .description("write the daemon's state to one file, while it runs")
    .requiredOption('--out <file>', 'where to; an earlier backup is replaced when this one is whole')
    .option('--without-key', 'leave the sealing key out, to be kept elsewhere: it opens the private keys')
    .option('--data <directory>', "the daemon's data directory (environment MESHWRIGHT_DATA)")
    .action(async (flags: { out: string; withoutKey?: true; data?: string }) => {
      const contents = flags.withoutKey === true ? 'database' : 'database-and-key'
      print(await actions.backup({ data: givenDataDirectory(flags.data), out: flags.out, contents }))
    })
  program
    .command('restore')
    .description('put a backup in place, while the daemon is stopped')
    .argument('<file>', 'the backup')
    .option('--force', 'also into a directory that is not empty: what is there is put aside')
    .option('--data <directory>', "the daemon's data directory (environment MESHWRIGHT_DATA)")
    .action(async (file: string, flags: { force?: true; data?: string }) => {
      const into = flags.force === true ? 'replace' : 'empty-directory'
      print(await actions.restore({ file, data: givenDataDirectory(flags.data), into }))
    })
}

function print(text: string): void {
  process.stdout.write(text)
}
