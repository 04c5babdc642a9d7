/** A folder for files that settings name, gone with `remove`. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

export interface SettingsFolder {
  readonly directory: string
  /** Returns the file's path. */
  write(name: string, content: string): string
  remove(): void
}

export function settingsFolder(files: Readonly<Record<string, string>> = {}): SettingsFolder {
  const directory = mkdtempSync(path.join(tmpdir(), 'meshwright-issuer-'))
  const write = (name: string, content: string): string => {
    const file = path.join(directory, name)
    writeFileSync(file, content)
    return file
  }
  for (const [name, content] of Object.entries(files)) write(name, content)
  return { directory, write, remove: () => rmSync(directory, { recursive: true, force: true }) }
}
