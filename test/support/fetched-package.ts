/** Tools of tests that npm fetches once into the cache folder: what is too large for everybody's node_modules. */

import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'

/** The URL of the package's folder, or why it is not there. No script of a package runs. */
export function fetchPackage(name: string, version: string): URL | string {
  const folder = path.join(os.homedir(), '.cache', 'meshwright', `${name.replaceAll(/[^a-z-]/g, '')}-${version}`)
  const installed = path.join(folder, 'node_modules', name)
  if (!existsSync(path.join(folder, 'complete'))) {
    mkdirSync(folder, { recursive: true })
    const { status, stderr, error } = spawnSync(
      'npm',
      ['install', '--prefix', folder, '--no-audit', '--no-fund', '--ignore-scripts', `${name}@${version}`],
      { encoding: 'utf8', timeout: 240_000 },
    )
    if (status !== 0) return `no ${name}: ${error?.message ?? stderr.slice(-500)}`
    mkdirSync(path.join(folder, 'complete'))
  }
  return pathToFileURL(`${installed}/`)
}
