/** `meshwright ca install --chain FILE`: the answer to `ca csr`. */

import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import type { InstalledIntermediate } from '../../admin/intermediate-view.ts'
import { MeshwrightError } from '../../platform/errors.ts'
import { managementClient } from '../management-client.ts'
import { type ManagementFlags, managementFrom, withManagement } from '../management-flags.ts'

export function addInstall(ca: Command): void {
  withManagement(ca.command('install').description("take over the authority's signed certificate"))
    .requiredOption('--chain <file>', 'PEM: the certificate, the authorities above it, and the root')
    .action(async (flags: ManagementFlags & { readonly chain: string }) => {
      const { credential, output } = managementFrom(flags)
      const chain = chainIn(flags.chain)
      const answer = await managementClient(credential).post('/v1/ca/intermediate/chain', { chain })
      process.stdout.write(output === 'json' ? answer : formatInstalled(JSON.parse(answer) as InstalledIntermediate))
    })
}

function formatInstalled({ subject, notAfter, root, use }: InstalledIntermediate): string {
  const when = use === 'signs' ? 'signs from now on' : 'signs as soon as everybody trusts its root'
  return `${subject} ${when}\nit ends at ${notAfter}\nroot ${root}\n`
}

function chainIn(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new MeshwrightError('OPTION_INVALID', {
      message: `--chain: ${(cause as Error).message}`,
      remedy: 'Give the file with the signed chain.',
      cause,
    })
  }
}
