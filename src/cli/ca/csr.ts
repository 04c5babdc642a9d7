/** `meshwright ca csr`: a request for the authority's own certificate, to be signed by a root that is kept elsewhere. */

import type { Command } from 'commander'
import { managementClient } from '../management-client.ts'
import { type ManagementFlags, managementFrom, withManagement } from '../management-flags.ts'

export function addCsr(ca: Command): void {
  withManagement(
    ca
      .command('csr')
      .description(
        "print a signing request for the authority's key, which never leaves the daemon (issuer: intermediate)",
      ),
  ).action(async (flags: ManagementFlags) => {
    const { credential, output } = managementFrom(flags)
    const answer = await managementClient(credential).post('/v1/ca/intermediate/request', {})
    process.stdout.write(output === 'json' ? answer : (JSON.parse(answer) as { csr: string }).csr)
  })
}
