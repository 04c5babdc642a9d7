/** The command line: every command with its options. What a command does is loaded only when it runs, so that an agent never loads the daemon. */

import { Command, Option } from 'commander'
import type { AgentFlagTexts } from '../agent/flags.ts'
import { environmentName, type GivenFlags, type ServeOptions, serveOptions } from '../options.ts'
import { addAccess } from './access/access-command.ts'
import { addAgentCommand } from './agent.ts'
import { addBackupAndRestore, type BackupActions } from './backup.ts'
import { addCa } from './ca-command.ts'
import { addCompletion } from './completion.ts'
import { addApply } from './configuration/apply.ts'
import { addAt } from './configuration/at.ts'
import type { ReadObjects } from './configuration/authored-object.ts'
import { addDelete } from './configuration/delete.ts'
import { addDiff } from './configuration/diff.ts'
import { addEdit } from './configuration/edit.ts'
import { addGetConfig } from './configuration/get.ts'
import { addHistory } from './configuration/history.ts'
import { addRollback } from './configuration/rollback.ts'
import { addContext } from './context/context-command.ts'
import { type ManagementFlags, managementFrom, type OutputFlags, withManagement } from './management-flags.ts'
import { addManifest, type ManifestActions } from './manifest-command.ts'
import { addGetRevocations, addRevoke, addUnrevoke } from './revoke.ts'
import { addObjectStatus } from './status/status-command.ts'
import { addWait } from './status/wait-command.ts'
import { addTokenList, addTokenRevoke } from './token.ts'
import { addValidate, type ValidateActions } from './validate-command.ts'

export interface ServeInvocation {
  readonly flags: GivenFlags
  readonly optionsFile: string | undefined
  readonly printOptions: 'print' | 'run'
}

/** Implemented by the composition root. */
export interface Actions extends BackupActions, ManifestActions, ValidateActions {
  serve(invocation: ServeInvocation): Promise<void>
  agent(flags: AgentFlagTexts): Promise<void>
  createToken(request: TokenFlags): Promise<void>
  getProxies(request: GetProxiesFlags): Promise<void>
  proxyConfig(request: ProxyConfigFlags): Promise<void>
  translate(request: TranslateFlags): Promise<void>
  readObjects(...places: Parameters<ReadObjects>): ReturnType<ReadObjects>
  installEnvoy(flags: { readonly dir?: string }): Promise<void>
}

export interface TokenFlags extends OutputFlags {
  readonly namespace: string
  readonly serviceAccount: string
  /** Such as `1h`. */
  readonly ttl: string
}

export interface GetProxiesFlags extends OutputFlags {
  /** Only what lags. */
  readonly which: 'all' | 'stale'
}

export interface ProxyConfigFlags extends OutputFlags {
  readonly node: string
  readonly type: string
  /** Only this one. */
  readonly resource: string | undefined
  /** `sources`: where it came from, in place of what it is. */
  readonly show: 'resources' | 'sources'
}

export interface TranslateFlags {
  readonly files: readonly string[]
  /** `NAMESPACE/NAME`. */
  readonly proxy: string
  readonly meshConfig: string | undefined
  readonly meshNetworks: string | undefined
  readonly type: string | undefined
  /** Undefined: what the workload's annotation says, else REDIRECT. */
  readonly interceptionMode: 'REDIRECT' | 'TPROXY' | 'NONE' | undefined
  readonly xds: 'delta' | 'sotw'
  readonly output: 'table' | 'json'
}

export function createProgram(actions: Actions, version: string): Command {
  const program = new Command('meshwright')
    .description('Service-mesh control plane: certificate authority, service registry and xDS configuration server')
    .version(version)
    // A command and its subcommand may have options of the same names.
    .enablePositionalOptions()
    .showHelpAfterError('(add --help for the options)')
  addServe(program, actions)
  addAgentCommand(program, flags => actions.agent(flags))
  addToken(program, actions)
  addGet(program, actions)
  addApply(program, actions.readObjects)
  addDelete(program, actions.readObjects)
  addEdit(program, actions.readObjects)
  addHistory(program)
  addRollback(program)
  addAt(program)
  addDiff(program)
  addRevoke(program)
  addUnrevoke(program)
  addProxyConfig(program, actions)
  addObjectStatus(program)
  addWait(program)
  addTranslate(program, actions)
  addValidate(program, actions)
  addCa(program)
  addAccess(program)
  addBackupAndRestore(program, actions)
  addContext(program)
  addManifest(program, actions)
  addCompletion(program)
  const envoy = program.command('envoy').description('the Envoy that agents run')
  envoy
    .command('install')
    .description('fetch the supported Envoy once into the cache folder')
    .option('--dir <directory>', 'cache folder instead of the default')
    .action((flags: { dir?: string }) => actions.installEnvoy(flags))
  return program
}

function addServe(program: Command, actions: Actions): void {
  const serve = program.command('serve').description('run the control plane')
  for (const spec of Object.values(serveOptions)) {
    const description = `${spec.description} (environment ${environmentName(spec)}, default ${spec.defaultText})`
    const option = new Option(`${spec.flag} ${spec.value}`, description)
    if (spec.many === 'many')
      option.argParser((text: string, before: string[] | undefined) => [...(before ?? []), text])
    serve.addOption(option)
  }
  serve
    .option(
      '--options <file>',
      'YAML file of these options by their names in camelCase (environment MESHWRIGHT_OPTIONS)',
    )
    .option('--print-options', 'show every value and where it came from, then end')
    .action((given: Record<string, string | string[] | boolean>) =>
      actions.serve({
        flags: flagsFrom(given),
        optionsFile: typeof given.options === 'string' ? given.options : undefined,
        printOptions: given.printOptions === true ? 'print' : 'run',
      }),
    )
}

/** commander names a value after its flag (`--server-name` → serverName); the table names it after what it is. */
function flagsFrom(given: Readonly<Record<string, string | string[] | boolean>>): GivenFlags {
  const flags: Partial<Record<keyof ServeOptions, readonly string[]>> = {}
  for (const [key, spec] of Object.entries(serveOptions) as [keyof ServeOptions, { flag: string }][]) {
    const value = given[new Option(spec.flag).attributeName()]
    if (typeof value === 'string') flags[key] = [value]
    if (Array.isArray(value)) flags[key] = value
  }
  return flags
}

function addToken(program: Command, actions: Actions): void {
  const token = program.command('token').description('join tokens for agents')
  withManagement(token.command('create').description('make a join token for one workload identity'))
    .requiredOption('--namespace <name>', "the workload's namespace")
    .requiredOption('--service-account <name>', "the workload's service account")
    .option('--ttl <duration>', 'how long it can be used', '1h')
    .action((flags: ManagementFlags & { namespace: string; serviceAccount: string; ttl: string }) =>
      actions.createToken({ ...flags, ...managementFrom(flags) }),
    )
  addTokenList(token)
  addTokenRevoke(token)
}

function addGet(program: Command, actions: Actions): void {
  const get = program.command('get').description('what the daemon knows')
  withManagement(
    get
      .command('proxies')
      .description('who is connected and what each has applied or refused')
      .option('--stale', 'only who lags: since when, on what, and why'),
  ).action((flags: ManagementFlags & { readonly stale?: true }) =>
    actions.getProxies({ ...managementFrom(flags), which: flags.stale === true ? 'stale' : 'all' }),
  )
  addGetRevocations(get)
  addGetConfig(get)
}

function addProxyConfig(program: Command, actions: Actions): void {
  withManagement(
    program
      .command('proxy-config')
      .description('what a connected proxy was given')
      .argument('<node>', 'node id, or NAME.NAMESPACE')
      .argument('[type]', 'cluster, endpoint, listener, route, virtual-host, extension-config or secret', 'all')
      .option('--resource <name>', 'only the resource of this name')
      .option('--why', 'the objects and fields that each resource came from'),
  ).action((node: string, type: string, flags: ManagementFlags & { readonly resource?: string; readonly why?: true }) =>
    actions.proxyConfig({
      node,
      type,
      resource: flags.resource,
      show: flags.why === true ? 'sources' : 'resources',
      ...managementFrom(flags),
    }),
  )
}

function addTranslate(program: Command, actions: Actions): void {
  program
    .command('translate')
    .description('files in, Envoy resources out; needs no daemon')
    .requiredOption('-f, --filename <path...>', 'YAML files or folders')
    .requiredOption('--proxy <namespace/name>', 'the workload to translate for: a Pod or WorkloadEntry of the files')
    .option('--mesh-config <file>', 'MeshConfig file')
    .option('--mesh-networks <file>', 'MeshNetworks file')
    .option('--type <type>', 'only this type: cluster, endpoint, listener, route, virtual-host or extension-config')
    .addOption(
      new Option('--interception-mode <mode>', "instead of what the workload's annotation says").choices([
        'REDIRECT',
        'TPROXY',
        'NONE',
      ]),
    )
    .addOption(new Option('--xds <variant>', 'for which variant of xDS').choices(['delta', 'sotw']).default('delta'))
    .addOption(
      new Option('-o, --output <format>', 'yaml-like table or JSON').choices(['table', 'json']).default('json'),
    )
    .action((flags: Omit<TranslateFlags, 'files'> & { filename: string[] }) => {
      const { filename, proxy, meshConfig, meshNetworks, type, interceptionMode, xds, output } = flags
      return actions.translate({
        files: filename,
        proxy,
        meshConfig,
        meshNetworks,
        type,
        interceptionMode,
        xds,
        output,
      })
    })
}
