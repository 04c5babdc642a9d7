/** Configuration as an operator handles it on the command line, against a daemon of its own. */

import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import { type Ended, runCommand, start, startDaemon, temporaryFolder, until } from '../support/processes.ts'

interface Operator {
  readonly folder: string
  readonly data: string
  readonly config: string
  /** Fails the test when the command does. Answers what it printed. */
  run(...args: readonly string[]): Promise<string>
  /** Whatever the command ends with. */
  attempt(...args: readonly string[]): Promise<Ended>
  /** Writes a file for `-f`. */
  file(name: string, text: string): string
}

async function operator(t: TestContext): Promise<Operator> {
  const folder = temporaryFolder(t)
  const [config, data] = [path.join(folder, 'config'), path.join(folder, 'data')]
  mkdirSync(config)
  await startDaemon(t, { config, data })
  const attempt = (...args: readonly string[]): Promise<Ended> => runCommand(t, ...args, '--data', data)
  return {
    folder,
    data,
    config,
    attempt,
    async run(...args) {
      const { code, stdout, stderr } = await attempt(...args)
      assert.equal(code, 0, `${args.join(' ')}: ${stderr}`)
      return stdout
    },
    file(name, text) {
      const file = path.join(folder, name)
      writeFileSync(file, text)
      return file
    },
  }
}

const entry = (name: string, host: string): string => `apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata:
  name: ${name}
spec:
  hosts:
    - ${host}
  ports:
    - number: 443
      name: tls
      protocol: TLS
  resolution: DNS
`

const hostsOf = (yaml: string): readonly string[] =>
  [...yaml.matchAll(/^ {4}- (\S+\.example)$/gm)].map(match => match[1] ?? '')

test('objects are applied, shown, followed through their history, and made what they were', async t => {
  const { run, attempt, file } = await operator(t)
  const both = file('both.yaml', `${entry('a', 'a.example')}---\n${entry('b', 'b.example')}`)
  assert.match(
    await run('apply', '-f', both, '-n', 'shop'),
    /^ServiceEntry shop\/a created\nServiceEntry shop\/b created\ncommitted as revision \d+; touched no connected proxy\n$/,
  )
  assert.match(await run('apply', '-f', both, '-n', 'shop'), /shop\/a unchanged\nServiceEntry shop\/b unchanged\n$/)

  const changed = file('a.yaml', entry('a', 'other.example'))
  const shown = await run('apply', '-f', changed, '-n', 'shop', '--diff', '--dry-run')
  assert.match(shown, /\n- {4}- a\.example\n\+ {4}- other\.example\n/)
  assert.match(shown, /ServiceEntry shop\/a changed \(dry run\)\nwould be committed after revision \d+/)
  assert.deepEqual(hostsOf(await run('get', 'se', 'a', '-n', 'shop', '-o', 'yaml')), ['a.example'])
  await run('apply', '-f', changed, '-n', 'shop')
  assert.deepEqual(hostsOf(await run('get', 'se', 'a', '-n', 'shop', '-o', 'yaml')), ['other.example'])

  assert.match(await run('status', 'se', 'a', '-n', 'shop'), /^ServiceEntry shop\/a/)
  assert.match(await run('wait', 'se', 'a', '-n', 'shop'), /^no connected proxy is concerned/)

  const rows = (await run('get', 'serviceentries', '-A')).trimEnd().split('\n')
  assert.match(rows[0] ?? '', /^KIND +NAMESPACE +NAME +REVISION +SOURCE +STATE +AGE$/)
  assert.match(rows[1] ?? '', /^ServiceEntry +shop +a +\d+ +store +in force +\d+s$/)
  assert.equal(rows.length, 3)

  const history = await run('history', 'se', 'a', '-n', 'shop', '--diff')
  assert.match(history, /token:[0-9a-f]{16}/)
  assert.match(history, /\n- {4}- a\.example\n\+ {4}- other\.example\n/)
  const revisions = [...history.matchAll(/^(\d+) +\d+ +20/gm)].map(match => match[1] ?? '')
  assert.equal(revisions.length, 2)
  const [second = '', first = ''] = revisions

  await run('delete', 'se', 'b', '-n', 'shop')
  assert.match(
    (await attempt('get', 'se', 'b', '-n', 'shop')).stderr,
    /error OBJECT_NOT_FOUND: there is no ServiceEntry shop\/b/,
  )
  assert.deepEqual(hostsOf(await run('at', first)), ['a.example', 'b.example'])
  assert.deepEqual(hostsOf(await run('at', second)), ['other.example', 'b.example'])
  assert.match(await run('diff', first), /-{3} ServiceEntry shop\/b, revision \d+\n\+{3} ServiceEntry shop\/b, absent/)

  await run('rollback', 'se', 'a', '-n', 'shop')
  assert.deepEqual(hostsOf(await run('get', 'se', '-A', '-o', 'yaml')), ['a.example'])
  await run('rollback', '--all', '--to', second)
  assert.deepEqual(hostsOf(await run('get', 'se', '-A', '-o', 'yaml')), ['other.example', 'b.example'])
  assert.equal(await run('rollback', '--all', '--to', second), 'everything is as it was then\n')
})

test('what a change leaves in the air is told when it is tried and when it is made, with the place in the file', async t => {
  const { run, attempt, file } = await operator(t)
  const route = `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: a}
spec:
  hosts: [a.example]
  http:
    - route: [{destination: {host: a.example, subset: v2}}]
`
  const both = file('both.yaml', `${entry('a', 'a.example')}---\n${route}`)
  const told =
    /^warning: .*both\.yaml:20:55: VirtualService shop\/a: spec\.http\[0\]\.route\[0\]\.destination\.subset: no DestinationRule defines the subset v2 of a\.example; .* \[SUBSET_NOT_FOUND\]\n$/
  assert.match((await attempt('apply', '-f', both, '-n', 'shop', '--dry-run')).stderr, told)
  assert.match((await attempt('apply', '-f', both, '-n', 'shop')).stderr, told)
  const json = JSON.parse(await run('apply', '-f', both, '-n', 'shop', '-o', 'json')) as {
    warnings: { code: string }[]
  }
  assert.deepEqual(
    json.warnings.map(({ code }) => code),
    ['SUBSET_NOT_FOUND'],
  )
  // Of others what is new: the subset was missing before.
  const removed = await attempt('delete', 'se', 'a', '-n', 'shop', '--dry-run')
  assert.match(removed.stderr, /^warning: VirtualService shop\/a: spec\.hosts\[0\]: .* \[HOST_NOT_FOUND\]\n/)
  assert.doesNotMatch(removed.stderr, /SUBSET_NOT_FOUND/)
  await run('delete', 'vs', 'a', '-n', 'shop')
  const rolledBack = await attempt('rollback', 'vs', 'a', '-n', 'shop', '--dry-run')
  assert.match(rolledBack.stderr, /^warning: VirtualService shop\/a: .*\[SUBSET_NOT_FOUND\]\n$/)
})

test('what is wrong is named with file, line and column, and nothing of the transaction is there', async t => {
  const { run, attempt, file } = await operator(t)
  const wrong = file('wrong.yaml', `${entry('a', 'a.example')}---\n${entry('b', 'b.example').replace('443', '99999')}`)
  const { code, stderr } = await attempt('apply', '-f', wrong)
  assert.equal(code, 1)
  assert.match(
    stderr,
    /error CONFIG_INVALID: nothing was changed:\n.*wrong\.yaml:22:15: ServiceEntry default\/b: spec\.ports\[0\]\.number: /,
  )
  assert.match(await run('get', 'se', '-A'), /^KIND.*\n$/)
  const twice = await attempt(
    'apply',
    '-f',
    file('twice.yaml', `${entry('a', 'a.example')}---\n${entry('a', 'a.example')}`),
  )
  assert.match(twice.stderr, /twice\.yaml:14:1: ServiceEntry default\/a stands already at .*twice\.yaml:1:1/)
})

test('a set of files is pruned to what the files hold, and nothing else is touched', async t => {
  const { run, attempt, file } = await operator(t)
  await run('apply', '-f', file('other.yaml', entry('other', 'other.example')))
  await run(
    'apply',
    '--set',
    'web',
    '-f',
    file('two.yaml', `${entry('a', 'a.example')}---\n${entry('b', 'b.example')}`),
  )
  assert.match(
    (await attempt('apply', '--prune', '-f', file('one.yaml', entry('a', 'a.example')))).stderr,
    /OPTION_INVALID.*--set/,
  )
  const pruned = await run('apply', '--set', 'web', '--prune', '-f', file('one.yaml', entry('a', 'a.example')))
  assert.match(pruned, /default\/a unchanged\nServiceEntry default\/b deleted\n/)
  assert.deepEqual(hostsOf(await run('get', 'se', '-o', 'yaml')), ['a.example', 'other.example'])
})

test('an editor gets the reasons back with the text, and the other editor of the same revision a conflict', async t => {
  const { run, attempt, file, folder } = await operator(t)
  await run('apply', '-f', file('a.yaml', entry('a', 'a.example')))
  const editor = (name: string, script: string): Record<string, string> => {
    const place = file(name, `#!/bin/sh\n${script}\n`)
    chmodSync(place, 0o755)
    return { EDITOR: place, VISUAL: '' }
  }
  const edit = async (environment: Record<string, string>): Promise<Ended> =>
    start(t, ['edit', 'se', 'a', '--data', path.join(folder, 'data')], environment).ended
  // First a port that there is not, then, with the reason above the text, one that there is.
  const seen = path.join(folder, 'seen')
  const mending = editor(
    'mending',
    `if grep -q 99999 "$1"; then cp "$1" ${seen}; sed -i s/99999/8443/ "$1"; else sed -i s/443/99999/ "$1"; fi`,
  )
  const mended = await edit(mending)
  assert.equal(mended.code, 0, mended.stderr)
  assert.match(readFileSync(seen, 'utf8'), /^#! error CONFIG_INVALID: [\s\S]*spec\.ports\[0\]\.number/)
  assert.match(await run('get', 'se', 'a', '-o', 'yaml'), /number: 8443/)

  assert.equal((await edit(editor('reading', 'true'))).stdout, 'nothing changed\n')

  const change = file('b.yaml', entry('a', 'b.example'))
  const meanwhile = `${process.execPath} ${path.resolve('bin/meshwright.cjs')} apply -f ${change} --data ${path.join(folder, 'data')}`
  const late = await edit(editor('late', `${meanwhile} && sed -i s/8443/9443/ "$1"`))
  assert.equal(late.code, 1)
  assert.match(late.stderr, /error REVISION_CONFLICT: [\s\S]*Your text is in \S+\.yaml/)
  assert.match(readFileSync(/in (\S+\.yaml)/.exec(late.stderr)?.[1] ?? '', 'utf8'), /number: 9443/)
  assert.deepEqual(hostsOf(await run('get', 'se', 'a', '-o', 'yaml')), ['b.example'])
  assert.match((await attempt('edit', 'se', 'none')).stderr, /OBJECT_NOT_FOUND/)
})

test('objects of files are shown with their place, and are changed only there', async t => {
  const { run, attempt, file, config } = await operator(t)
  writeFileSync(path.join(config, 'mesh.yaml'), entry('a', 'a.example'))
  await until(async () => /mesh\.yaml:1 +in force/.test(await run('get', 'se')), 10_000)
  for (const args of [
    ['apply', '-f', file('a.yaml', entry('a', 'b.example'))],
    ['delete', 'se', 'a'],
    ['edit', 'se', 'a'],
  ])
    assert.match((await attempt(...args)).stderr, /error OBJECT_READ_ONLY: .*mesh\.yaml/)
  assert.match(await run('history', 'se', 'a'), /file:\S+mesh\.yaml/)
})

test('a watch shows each change once it is there', async t => {
  const { run, file, folder } = await operator(t)
  await run('apply', '-f', file('a.yaml', entry('a', 'a.example')))
  const watch = start(t, ['get', 'se', '-w', '--data', path.join(folder, 'data')])
  const lines = (): readonly string[] => watch.output().stdout.trimEnd().split('\n')
  await until(() => lines().length === 2, 10_000)
  await run('apply', '-f', file('b.yaml', entry('b', 'b.example')))
  await run('delete', 'se', 'a')
  await until(() => lines().length === 4, 10_000)
  assert.match(lines()[2] ?? '', / b .* in force /)
  assert.match(lines()[3] ?? '', / a .* deleted /)
})
