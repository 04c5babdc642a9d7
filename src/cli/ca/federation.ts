/** `meshwright ca federation`: other trust domains, how current their roots are, and why they are not. */

import type { Command } from 'commander'
import type { FederatedDomainView } from '../../admin/distribution-view.ts'
import { managementClient } from '../management-client.ts'
import { type ManagementFlags, managementFrom, withManagement } from '../management-flags.ts'
import { formatTable } from '../table.ts'

export function addFederation(ca: Command): void {
  withManagement(ca.command('federation').description('other trust domains and the roots known of them')).action(
    async (flags: ManagementFlags) => {
      const { credential, output } = managementFrom(flags)
      const answer = await managementClient(credential).get('/v1/ca/federation')
      process.stdout.write(output === 'json' ? answer : formatDomains(JSON.parse(answer) as FederatedDomainView[]))
    },
  )
}

function formatDomains(domains: readonly FederatedDomainView[]): string {
  const rows = domains.map(({ trustDomain, from, roots, lastGoodAt = 'not yet', fault = '' }) => [
    trustDomain,
    `${roots.length}`,
    lastGoodAt,
    from,
    fault,
  ])
  return formatTable(['TRUST DOMAIN', 'ROOTS', 'LAST GOOD', 'FROM', 'FAULT'], rows)
}
