/** `meshwright context …`: the daemons that this user works with. */

import path from 'node:path'
import type { Command } from 'commander'
import { credentialPath, readCredential } from '../../admin/credential.ts'
import { givenDataDirectory } from '../../options.ts'
import { formatTable } from '../table.ts'
import { contextsFile } from './chosen-context.ts'
import { type Contexts, contextNamed, readContexts, withContext, withoutContext, writeContexts } from './contexts.ts'

interface AddFlags {
  readonly credential?: string
  readonly data?: string
  readonly namespace?: string
}

export function addContext(program: Command): void {
  const context = program.command('context').description('the daemons that you work with, by name')
  context
    .command('list')
    .description('every context; the one in use is marked')
    .action(() => print(formatContexts(readContexts(contextsFile()))))
  context
    .command('add')
    .description('add or change a context; the first one is in use at once')
    .argument('<name>')
    .option('--credential <file>', 'credential file of the daemon')
    .option('--data <directory>', 'data directory of a daemon on this machine, for its own credential')
    .option('--namespace <name>', 'where commands look when they name none')
    .action((name: string, flags: AddFlags) => {
      const credential = path.resolve(flags.credential ?? credentialPath(givenDataDirectory(flags.data)))
      // A context that cannot work is refused when it is made, not when it is first needed.
      const { address } = readCredential(credential)
      const { namespace } = flags
      change(contexts => withContext(contexts, name, { credential, ...(namespace === undefined ? {} : { namespace }) }))
      print(`${name} is ${address}\n`)
    })
  context
    .command('use')
    .description('the context of commands that name none')
    .argument('<name>')
    .action((name: string) => {
      change(contexts => {
        contextNamed(contexts, name)
        return { ...contexts, current: name }
      })
      print(`${name} is in use\n`)
    })
  context
    .command('remove')
    .description('forget a context; its credential file stays')
    .argument('<name>')
    .action((name: string) => {
      change(contexts => withoutContext(contexts, name))
      print(`${name} is removed\n`)
    })
}

function change(edit: (contexts: Contexts) => Contexts): void {
  const file = contextsFile()
  writeContexts(file, edit(readContexts(file)))
}

function formatContexts({ current, contexts }: Contexts): string {
  const rows = Object.entries(contexts).map(([name, { credential, namespace }]) => [
    name === current ? '*' : '',
    name,
    namespace ?? 'default',
    credential,
  ])
  return formatTable(['', 'NAME', 'NAMESPACE', 'CREDENTIAL'], rows)
}

function print(text: string): void {
  process.stdout.write(text)
}
