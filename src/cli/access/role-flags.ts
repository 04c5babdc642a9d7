/** The flags that say whose a credential is, what it may do and for how long. */

import { type Command, Option } from 'commander'
import { roleKinds } from '../../admin/access/role.ts'
import { parseTtlSeconds } from '../duration.ts'

export interface RoleFlags {
  readonly name: string
  readonly role: string
  readonly namespace?: readonly string[]
  readonly ttl: string
}

export function withRole(command: Command): Command {
  return command
    .requiredOption('--name <name>', 'whose it is, as lists and the audit trail show it')
    .addOption(new Option('--role <role>', 'what it may do').choices(roleKinds).makeOptionMandatory())
    .option('-n, --namespace <name...>', 'the namespaces that an editor changes')
    .option('--ttl <duration>', 'how long it holds', '30d')
}

/** As the management API takes it. Throws `OPTION_INVALID`. */
export function grantRequest({ name, role, namespace, ttl }: RoleFlags): Readonly<Record<string, unknown>> {
  return { name, role, namespaces: namespace ?? [], ttlSeconds: parseTtlSeconds(ttl) }
}
