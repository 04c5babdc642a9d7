/**
 * `meshwright completion SHELL`: a script that asks the command line itself what may come next, so that it never lags
 * behind the commands. Only words of the command line are offered; nothing is asked of a daemon.
 */

import { Argument, type Command, type Option } from 'commander'

const shells = ['bash', 'zsh', 'fish'] as const

export function addCompletion(program: Command): void {
  program
    .command('completion')
    .description('a script for your shell: source <(meshwright completion bash)')
    .addArgument(new Argument('<shell>').choices(shells))
    .action((shell: (typeof shells)[number]) => void process.stdout.write(scripts[shell]))
  program
    .command('complete', { hidden: true })
    .argument('[words...]')
    .action((words: readonly string[]) => {
      process.stdout.write(
        candidates(program, words)
          .map(word => `${word}\n`)
          .join(''),
      )
    })
}

/** What may stand in place of the last word, after those before it. */
export function candidates(program: Command, words: readonly string[]): readonly string[] {
  const before = words.slice(0, -1)
  const start = words.at(-1) ?? ''
  let command = program
  let option: string | undefined
  for (const word of before) {
    option = word.startsWith('-') ? word : undefined
    command = word.startsWith('-')
      ? command
      : (subcommandsOf(command).find(({ name }) => name === word)?.command ?? command)
  }
  const awaiting = optionsOf(command).find(
    ({ short, long, required }) => required && option !== undefined && [short, long].includes(option),
  )
  const offered =
    awaiting === undefined
      ? [
          ...subcommandsOf(command).map(({ name }) => name),
          ...choicesOf(command),
          ...optionsOf(command).flatMap(({ long }) => long ?? []),
        ]
      : (awaiting.argChoices ?? [])
  // Flags only when one is begun: they would drown the commands.
  return offered.filter(word => word.startsWith(start) && (start.startsWith('-') || !word.startsWith('-'))).sort()
}

const optionsOf = (command: Command): readonly Option[] => [...command.createHelp().visibleOptions(command)]

const choicesOf = (command: Command): readonly string[] => command.registeredArguments[0]?.argChoices ?? []

function subcommandsOf(command: Command): readonly { readonly name: string; readonly command: Command }[] {
  const visible = command.createHelp().visibleCommands(command)
  return visible.map(subcommand => ({ name: subcommand.name(), command: subcommand }))
}

const bash = `_meshwright() {
  local word="\${COMP_WORDS[COMP_CWORD]}"
  COMPREPLY=($(meshwright complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
  [ \${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -f -- "$word"))
}
complete -o filenames -F _meshwright meshwright
`

const zsh = `#compdef meshwright
_meshwright() {
  local -a found
  found=("\${(@f)$(meshwright complete -- "\${words[@]:1:$((CURRENT - 1))}" 2>/dev/null)}")
  if [[ -n "\${found[*]}" ]]; then compadd -a found; else _files; fi
}
compdef _meshwright meshwright
`

const fish = `function __meshwright_complete
  set -l words (commandline -opc) (commandline -ct)
  meshwright complete -- $words[2..-1] 2>/dev/null
end
complete -c meshwright -a '(__meshwright_complete)'
`

const scripts = { bash, zsh, fish }
