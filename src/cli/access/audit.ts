/** `meshwright access audit`: what was done, or refused, with which credential. */

import type { Command } from 'commander'
import type { AuditRecord } from '../../admin/audit/audit-trail.ts'
import { managementClient } from '../management-client.ts'
import { type ManagementFlags, managementFrom, withManagement } from '../management-flags.ts'
import { formatTable } from '../table.ts'

interface AuditFlags extends ManagementFlags {
  readonly refused?: boolean
  readonly limit: string
}

export function addAudit(access: Command): void {
  withManagement(access.command('audit').description('what callers did, the newest first'))
    .option('--refused', 'what was refused instead')
    .option('--limit <number>', 'how many', '50')
    .action(async (flags: AuditFlags) => {
      const { credential, output } = managementFrom(flags)
      const query = new URLSearchParams({ trail: flags.refused === true ? 'refusals' : 'acts', limit: flags.limit })
      const answer = await managementClient(credential).get(`/v1/audit?${query}`)
      process.stdout.write(output === 'json' ? answer : auditTable(JSON.parse(answer) as AuditRecord[]))
    })
}

function auditTable(records: readonly AuditRecord[]): string {
  return formatTable(
    ['AT', 'CALLER', 'FROM', 'VERDICT', 'STATUS', 'METHOD', 'TARGET', 'SUBJECTS'],
    records.map(({ at, caller, from, verdict, status, method, target, subjects = [] }) => [
      at,
      caller,
      from,
      verdict,
      String(status),
      method,
      target,
      subjects.join(', '),
    ]),
  )
}
