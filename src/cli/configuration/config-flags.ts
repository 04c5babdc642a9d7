/** What the commands on configuration have in common: a daemon, a namespace, objects of files. */

import { type Command, Option } from 'commander'
import { chosenContext, type DaemonFlags } from '../context/chosen-context.ts'
import { managementClient } from '../management-client.ts'
import { withDaemon } from '../management-flags.ts'
import { type ConfigurationClient, configurationClient } from './configuration-client.ts'

export interface ConfigFlags extends DaemonFlags {
  readonly namespace?: string
}

export interface Connection {
  readonly client: ConfigurationClient
  /** Of objects that name none. */
  readonly namespace: string
}

export function withConfig(command: Command): Command {
  return withDaemon(command).option('-n, --namespace <name>', 'namespace of what names none itself')
}

export function connectionFrom(flags: ConfigFlags): Connection {
  const context = chosenContext(flags)
  const client = configurationClient(managementClient(context.credential))
  return { client, namespace: flags.namespace ?? context.namespace ?? 'default' }
}

export const filesOption = (): Option =>
  new Option('-f, --filename <path...>', 'files, folders, or - for standard input')

export const formatOption = <Format extends string>(formats: readonly [Format, ...Format[]]): Option =>
  new Option('-o, --output <format>', 'how to print').choices(formats).default(formats[0])
