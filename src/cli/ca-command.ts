/** `meshwright ca …`: the certificate authority. A file of `ca/` for each subcommand. */

import type { Command } from 'commander'
import { addBundle } from './ca/bundle.ts'
import { addConfirmRestore } from './ca/confirm-restore.ts'
import { addCsr } from './ca/csr.ts'
import { addDoctor } from './ca/doctor.ts'
import { addFederation } from './ca/federation.ts'
import { addInstall } from './ca/install.ts'
import { addIssue } from './ca/issue.ts'
import { addLog } from './ca/log.ts'
import { addRotate } from './ca/rotate.ts'
import { addStatus } from './ca/status.ts'

const subcommands: readonly ((ca: Command) => void)[] = [
  addBundle,
  addConfirmRestore,
  addCsr,
  addDoctor,
  addFederation,
  addInstall,
  addIssue,
  addLog,
  addRotate,
  addStatus,
]

export function addCa(program: Command): void {
  const ca = program.command('ca').description('the certificate authority')
  for (const add of subcommands) add(ca)
}
