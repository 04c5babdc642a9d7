/** What is installed and run is what was chosen: pinned, by hash, and never from a folder that others can write. */

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8')

interface Package {
  readonly version: string
  readonly integrity?: string
}

test('7ASecurity 2024: every dependency is one version, and one hash of it', () => {
  const { dependencies, devDependencies, optionalDependencies } = JSON.parse(read('package.json')) as Record<
    string,
    Record<string, string>
  >
  for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies })) {
    assert.match(version, /^\d+\.\d+\.\d+$/, name)
  }
  const { packages } = JSON.parse(read('package-lock.json')) as { packages: Record<string, Package> }
  const installed = Object.entries(packages).filter(([name]) => name !== '')
  assert.ok(installed.length > 50)
  for (const [name, { integrity }] of installed) assert.match(integrity ?? '', /^sha512-/, name)
})

test('7ASecurity 2024: installing runs no scripts of dependencies', () => {
  assert.match(read('.npmrc'), /^ignore-scripts=true$/m)
})

test('7ASecurity 2024: compiled code is kept only where nobody else can put any', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'meshwright-cache-'))
  const kept = (cache: string): readonly string[] => {
    execFileSync(process.execPath, [path.join(root, 'bin/meshwright.cjs'), '--version'], {
      env: { ...process.env, XDG_CACHE_HOME: cache },
    })
    const compiled = path.join(cache, 'meshwright', 'compiled')
    return existsSync(compiled) ? readdirSync(compiled) : []
  }
  try {
    const [own, shared] = [path.join(folder, 'own'), path.join(folder, 'shared')]
    assert.notDeepEqual(kept(own), [])
    mkdirSync(path.join(shared, 'meshwright'), { recursive: true })
    chmodSync(path.join(shared, 'meshwright'), 0o777)
    assert.deepEqual(kept(shared), [])
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
