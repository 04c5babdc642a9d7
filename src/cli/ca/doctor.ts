/** `meshwright ca doctor`: the state of the authority, and what to do about it. */

import type { Command } from 'commander'
import type { FindingView } from '../../admin/doctor-view.ts'
import { managementClient } from '../management-client.ts'
import { type ManagementFlags, managementFrom, withManagement } from '../management-flags.ts'
import { formatTable, printable } from '../table.ts'

export function addDoctor(ca: Command): void {
  withManagement(
    ca
      .command('doctor')
      .description('the state of roots, signer, certificates, credentials and log; 1 if one is urgent'),
  ).action(async (flags: ManagementFlags) => {
    const { credential, output } = managementFrom(flags)
    const answer = await managementClient(credential).get('/v1/ca/doctor')
    const findings = JSON.parse(answer) as FindingView[]
    process.stdout.write(output === 'json' ? answer : formatFindings(findings))
    if (findings.some(({ state }) => state === 'urgent')) process.exitCode = 1
  })
}

export function formatFindings(findings: readonly FindingView[]): string {
  const rows = findings.map(({ state, subject, message }) => [state, subject, message])
  const due = findings.filter(({ remedy }) => remedy !== '')
  const todo = due.map(({ subject, remedy }) => printable(`${subject}: ${remedy}`))
  return [
    formatTable(['STATE', 'WHAT', 'HOW IT IS'], rows),
    ...(todo.length === 0 ? [] : [`${todo.join('\n')}\n`]),
  ].join('\n')
}
