import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { Command, Option } from 'commander'
import { addCompletion, candidates } from './completion.ts'

function sample(): Command {
  const program = new Command('meshwright')
  const get = program.command('get').argument('[kind]').option('-A, --all-namespaces').option('-n, --namespace <name>')
  get.addOption(new Option('-o, --output <format>').choices(['table', 'yaml']))
  get.command('proxies')
  program.command('serve')
  addCompletion(program)
  return program
}

const after = (...words: readonly string[]): readonly string[] => candidates(sample(), words)

test('commands, their subcommands and flags are offered as far as they fit', () => {
  assert.deepEqual(after(''), ['completion', 'get', 'help', 'serve'])
  assert.deepEqual(after('g'), ['get'])
  assert.deepEqual(after('get', ''), ['help', 'proxies'])
  assert.deepEqual(after('get', 'vs', '--'), ['--all-namespaces', '--help', '--namespace', '--output'])
  assert.deepEqual(after('completion', ''), ['bash', 'fish', 'zsh'])
})

test('after a flag its choices are offered, and nothing where anything may stand', () => {
  assert.deepEqual(after('get', '-o', ''), ['table', 'yaml'])
  assert.deepEqual(after('get', '--output', 'y'), ['yaml'])
  assert.deepEqual(after('get', '--namespace', ''), [])
})

test('a real bash completes with the script', () => {
  const script = `
    meshwright() { [ "$1 $2" = "complete --" ] && shift 2 && printf '%s\\n' "$@" ; }
    eval "$SCRIPT"
    COMP_WORDS=(meshwright get vi); COMP_CWORD=2
    _meshwright; printf '%s ' "\${COMPREPLY[@]}"; complete -p meshwright`
  const printed: string[] = []
  const write = process.stdout.write
  process.stdout.write = (text: string | Uint8Array) => printed.push(String(text)) > 0
  try {
    sample().parse(['completion', 'bash'], { from: 'user' })
  } finally {
    process.stdout.write = write
  }
  const output = execFileSync('bash', ['-c', script], { encoding: 'utf8', env: { SCRIPT: printed.join('') } })
  assert.equal(output, 'get vi complete -o filenames -F _meshwright meshwright\n')
})
