#!/usr/bin/env node
'use strict'
// The launcher: plain JavaScript that any Node from 12 on can read. It runs meshwright under the Node 24 that was
// installed with the package, because under an older one the SQLite binary crashes without a word.

const { existsSync, lstatSync, mkdirSync } = require('node:fs')
const nodeModule = require('node:module')
const os = require('node:os')
const path = require('node:path')
const { pathToFileURL } = require('node:url')

const neededMajor = 24
const root = path.join(__dirname, '..')

function packagedNode() {
  const name = `node-${process.platform}-${process.arch}`
  try {
    const found = path.join(path.dirname(require.resolve(`${name}/package.json`)), 'bin', 'node')
    return existsSync(found) ? found : undefined
  } catch {
    return undefined
  }
}

// A checkout runs its sources; the published package has only what was compiled.
const compiled = path.join(root, 'dist', 'main.js')
const source = path.join(root, 'src', 'main.ts')
const entry = existsSync(source) && !__dirname.split(path.sep).includes('node_modules') ? source : compiled

// V8's young generation would grow to 64 MB in every burst of work and keep them; a quarter costs no time (bench/join).
const nodeFlags = ['--max-semi-space-size=8']

// Compiled code is kept between starts: an agent that was killed is back in half the time. What lies there is run, so it
// must be this user's alone: HOME may be shared (/tmp), or another user's (sudo).
function keepCompiledCode() {
  const home = os.homedir()
  const cache = process.env.XDG_CACHE_HOME || (home ? path.join(home, '.cache') : '')
  if (!path.isAbsolute(cache) || !nodeModule.enableCompileCache) return
  const folder = path.join(cache, 'meshwright', 'compiled')
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    if ([folder, path.dirname(folder), cache].every(isOnlyOurs)) nodeModule.enableCompileCache(folder)
  } catch {
    // Without it all works, a little slower.
  }
}

function isOnlyOurs(folder) {
  const { uid, mode } = lstatSync(folder)
  return process.getuid === undefined || (uid === process.getuid() && (mode & 0o002) === 0)
}

const isNodeGood = Number(process.versions.node.split('.')[0]) >= neededMajor
const hasFlags = nodeFlags.every(flag => process.execArgv.includes(flag))
// In this process's place: no parent stays behind, and signals reach the program. Windows cannot.
if (isNodeGood && !hasFlags && typeof process.execve === 'function') {
  const args = [...process.execArgv, ...nodeFlags, __filename, ...process.argv.slice(2)]
  process.execve(process.execPath, [process.execPath, ...args])
}

if (isNodeGood) {
  keepCompiledCode()
  void import(pathToFileURL(entry).href).then(main => main.run(process.argv.slice(2)))
} else {
  const node = packagedNode()
  if (node === undefined) {
    process.stderr.write(
      `error NODE_TOO_OLD: meshwright needs Node ${neededMajor}, this is ${process.version}, and no packaged Node was found for ${process.platform}-${process.arch}\n` +
        `  Install Node ${neededMajor} or newer, or reinstall meshwright without --omit=optional.\n`,
    )
    process.exit(1)
  }
  const { spawn } = require('node:child_process')
  const child = spawn(node, [...nodeFlags, path.join(__dirname, 'meshwright.cjs'), ...process.argv.slice(2)], {
    stdio: 'inherit',
  })
  // A signal from the terminal reaches the whole group by itself; one sent to this process alone is passed on.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2']) {
    process.on(signal, () => child.kill(signal))
  }
  child.on('error', error => {
    process.stderr.write(`error NODE_TOO_OLD: cannot run ${node}: ${error.message}\n`)
    process.exit(1)
  })
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code)
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  })
}
