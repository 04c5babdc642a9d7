import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { temporaryFolder } from '../support/processes.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

test('the tarball, installed into an empty folder, runs by path, by npx and under an older Node', async t => {
  const folder = temporaryFolder(t)
  const npm = (cwd: string, ...args: string[]): string =>
    execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  npm(root, 'run', 'build')
  npm(root, 'pack', '--pack-destination', folder)
  const tarball = readdirSync(folder).find(name => name.endsWith('.tgz'))
  assert.ok(tarball)
  const app = path.join(folder, 'app')
  mkdirSync(app)
  npm(app, 'init', '-y')
  npm(app, 'install', '--no-audit', '--no-fund', '--ignore-scripts', path.join(folder, tarball))

  // A folder that holds a `node` which is not the packaged one: what a user's shell finds.
  const others = (process.env.PATH ?? '').split(path.delimiter).filter(part => !part.includes('node_modules'))
  const environment = { ...process.env, PATH: others.join(path.delimiter) }
  const run = (program: string, ...args: string[]): string =>
    execFileSync(program, args, { cwd: app, encoding: 'utf8', env: environment })

  const launcher = path.join(app, 'node_modules/meshwright/bin/meshwright.cjs')
  assert.match(run('node', launcher, '--help'), /Service-mesh control plane/)
  assert.match(run('npx', '--no-install', 'meshwright', '--version'), /^\d+\.\d+\.\d+/)
  const linked = path.join(folder, 'bin')
  mkdirSync(linked)
  symlinkSync(launcher, path.join(linked, 'meshwright'))
  assert.match(run(path.join(linked, 'meshwright'), '--version'), /^\d+\.\d+\.\d+/)

  cpSync(path.join(root, 'examples/photo-app/config'), path.join(app, 'config'), { recursive: true })
  const translated = JSON.parse(run('node', launcher, 'translate', '-f', 'config', '--proxy', 'photo/web-1')) as Record<
    string,
    { name: string }[]
  >
  const clusters = Object.entries(translated).find(([type]) => /cluster/i.test(type))?.[1] ?? []
  assert.ok(clusters.some(({ name }) => name === 'outbound|80||api.photo.internal'))
  assert.ok(existsSync(path.join(app, 'node_modules/meshwright/dist/main.d.ts')))
})
