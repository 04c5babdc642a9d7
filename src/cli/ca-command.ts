/** `meshwright ca …`: the certificate authority. A file of `ca/` for each subcommand. */

import type { Command } from 'commander'
import { addBundle } from './ca/bundle.ts'
import { addRotate } from './ca/rotate.ts'
import { addStatus } from './ca/status.ts'

const subcommands: readonly ((ca: Command) => void)[] = [addBundle, addRotate, addStatus]

export function addCa(program: Command): void {
  const ca = program.command('ca').description('the certificate authority')
  for (const add of subcommands) add(ca)
}
