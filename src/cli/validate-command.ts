/** `meshwright validate`: whether configuration would be accepted, without a daemon. */

import { type Command, Option } from 'commander'

export interface ValidateRequest {
  /** Files, folders, `-` for standard input. Files of settings are recognised. */
  readonly places: readonly string[]
  readonly meshConfig: string | undefined
  readonly meshNetworks: string | undefined
  readonly strictness: 'errors' | 'warnings-too'
  readonly output: 'text' | 'json'
}

export interface ValidateOutcome {
  /** What is to be printed. */
  readonly text: string
  readonly verdict: 'accepted' | 'refused'
}

/** Implemented by the composition root. */
export interface ValidateActions {
  /** Throws a `MeshwrightError` for what is no fault of the configuration: a file that is not there. */
  validate(request: ValidateRequest): Promise<ValidateOutcome>
  /** Prints an error of a command that sets its own exit code. */
  showError(error: unknown): void
}

interface ValidateFlags {
  readonly filename?: string[]
  readonly meshConfig?: string
  readonly meshNetworks?: string
  readonly strict?: true
  readonly output: 'text' | 'json'
}

/** Exit codes: 0 accepted, 1 refused, 2 the command was not understood or its files could not be found. */
export function addValidate(program: Command, actions: ValidateActions): void {
  const command = program
    .command('validate')
    .description('check configuration as the daemon would; exit code 0 accepted, 1 refused, 2 misused')
    .option('-f, --filename <path...>', 'YAML or JSON files, folders, or - for standard input')
    .option('--mesh-config <file>', 'file of mesh settings, checked too')
    .option('--mesh-networks <file>', 'file of mesh networks, checked too')
    .option('--strict', 'warnings refuse, too')
    .addOption(new Option('-o, --output <format>', 'how to print').choices(['text', 'json']).default('text'))
    .exitOverride(error => {
      process.exit(error.exitCode === 0 ? 0 : misused)
    })
  command.action(async ({ filename = [], meshConfig, meshNetworks, strict, output }: ValidateFlags) => {
    if (filename.length === 0 && meshConfig === undefined && meshNetworks === undefined)
      command.error('error: nothing to check: give -f, --mesh-config or --mesh-networks')
    try {
      const strictness = strict === true ? 'warnings-too' : 'errors'
      const { text, verdict } = await actions.validate({
        places: filename,
        meshConfig,
        meshNetworks,
        strictness,
        output,
      })
      process.stdout.write(text)
      process.exitCode = verdict === 'accepted' ? 0 : 1
    } catch (error) {
      actions.showError(error)
      process.exitCode = misused
    }
  })
}

const misused = 2
