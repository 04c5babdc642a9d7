/**
 * `meshwright edit`: an object in the user's editor. What is saved is sent with the revision that was read, so that
 * nobody's change is lost; what the daemon refuses comes back into the editor with the reasons above it.
 */

import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Command } from 'commander'
import type { EntryView, ObjectName } from '../../admin/configuration-view.ts'
import { processEnvironment } from '../../platform/environment.ts'
import { errorFrom, formatError, MeshwrightError } from '../../platform/errors.ts'
import { formatApplied, formatProblems, withPlaces } from './applied-text.ts'
import { type AuthoredObject, nameOf, type ReadObjects } from './authored-object.ts'
import { type ConfigFlags, type Connection, connectionFrom, withConfig } from './config-flags.ts'
import { sameObject, titleOf } from './configuration-client.ts'
import { idOf } from './named-object.ts'
import { authoredPart, type PlainObject, yamlOf } from './object-text.ts'

export function addEdit(program: Command, readObjects: ReadObjects): void {
  withConfig(program.command('edit').description('change an object in your editor (environment VISUAL, EDITOR)'))
    .argument('<kind>')
    .argument('<name>')
    .action(async (kind: string, name: string, flags: ConfigFlags) => {
      const connection = connectionFrom(flags)
      const entry = await connection.client.get(await idOf(connection, kind, name))
      if (entry.readOnly) {
        throw new MeshwrightError('OBJECT_READ_ONLY', {
          message: `${titleOf(entry)} comes from ${entry.source}`,
          remedy: 'Edit that file.',
        })
      }
      const folder = mkdtempSync(path.join(tmpdir(), 'meshwright-edit-'))
      const file = path.join(folder, `${entry.name}.yaml`)
      await editUntilTaken({ connection, entry, file, readObjects })
      rmSync(folder, { recursive: true })
    })
}

interface Editing {
  readonly connection: Connection
  readonly entry: EntryView
  readonly file: string
  readonly readObjects: ReadObjects
}

/** Throws with the name of the file, which stays, when the user gives up or the daemon cannot take it. */
async function editUntilTaken({ connection, entry, file, readObjects }: Editing): Promise<void> {
  const original = yamlOf(authoredPart(entry.object ?? {}))
  writeFileSync(file, original, { mode: 0o600 })
  for (let refusal = ''; ; ) {
    const before = readFileSync(file, 'utf8')
    openEditor(file)
    const text = readFileSync(file, 'utf8')
    if (withoutReasons(text) === original) {
      process.stdout.write('nothing changed\n')
      return
    }
    if (refusal !== '' && text === before) {
      throw new MeshwrightError('CONFIG_INVALID', {
        message: `given up; ${refusal}`,
        remedy: `Your text is in ${file}.`,
      })
    }
    try {
      process.stdout.write(await send(connection, entry, await readObjects([file])))
      return
    } catch (thrown) {
      const error = errorFrom(thrown)
      if (!canBeMended(error)) throw kept(error, file)
      refusal = formatError(error)
      writeFileSync(file, `${reasons(refusal)}${withoutReasons(text)}`)
    }
  }
}

async function send(
  { client, namespace }: Connection,
  entry: EntryView,
  edited: readonly AuthoredObject[],
): Promise<string> {
  const [authored, ...others] = edited
  if (authored === undefined || others.length > 0) throw notOne('the text must hold one object')
  const id: ObjectName = nameOf(authored, await client.kinds(), namespace)
  if (!sameObject(id, entry)) throw notOne(`kind, namespace and name must stay ${titleOf(entry)}`)
  const placed = [{ ...id, authored }]
  const object: PlainObject = authoredPart(authored.object)
  const applied = await client
    .apply({ writes: [{ object, expectedRevision: entry.revision }], dryRun: false })
    .catch((thrown: unknown) => {
      throw withPlaces(errorFrom(thrown), placed)
    })
  process.stderr.write(formatProblems(applied.warnings, placed))
  return formatApplied(applied, { dryRun: false })
}

const notOne = (message: string): MeshwrightError => new MeshwrightError('CONFIG_INVALID', { message })

const canBeMended = ({ code }: MeshwrightError): boolean =>
  code === 'CONFIG_INVALID' || code === 'HOST_NOT_OWNED' || code === 'QUOTA_EXCEEDED'

const kept = (error: MeshwrightError, file: string): MeshwrightError =>
  new MeshwrightError(error.code, {
    message: error.message,
    remedy: `${error.remedy === undefined ? '' : `${error.remedy} `}Your text is in ${file}.`,
    cause: error,
  })

const mark = '#! '

const reasons = (text: string): string =>
  `${text
    .split('\n')
    .map(line => `${mark}${line}\n`)
    .join('')}`

const withoutReasons = (text: string): string =>
  text
    .split('\n')
    .filter(line => !line.startsWith(mark))
    .join('\n')

function openEditor(file: string): void {
  const editor = processEnvironment.VISUAL || processEnvironment.EDITOR || 'vi'
  // Editors are given with their options (`code --wait`), as a shell reads them.
  const { status, error } = spawnSync('/bin/sh', ['-c', `${editor} "$1"`, 'sh', file], { stdio: 'inherit' })
  if (status !== 0) {
    throw new MeshwrightError('OPTION_INVALID', {
      message: `the editor ${JSON.stringify(editor)} ended with ${error?.message ?? `status ${status}`}`,
      remedy: `Set EDITOR. Your text is in ${file}.`,
    })
  }
}
