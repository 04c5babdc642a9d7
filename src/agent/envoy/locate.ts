/** Finds the Envoy to run: the one given, one on PATH of a supported version, or the one that was installed. */

import { access, constants } from 'node:fs/promises'
import path from 'node:path'
import { MeshwrightError } from '../../platform/errors.ts'
import { cachedEnvoyPath } from './install.ts'
import { isOwnBinary } from './own-binary.ts'
import { isSupportedEnvoyVersion, supportedEnvoyVersions } from './release.ts'
import { runCommand } from './run-command.ts'

export interface LocatedEnvoy {
  readonly path: string
  /** `MAJOR.MINOR.PATCH`. */
  readonly version: string
  readonly origin: 'given' | 'path' | 'cache'
}

export interface LocateOptions {
  /** The binary that the user named (ENVOY_PATH); anything wrong with it is an error, never a reason to take another. */
  readonly envoyPath: string | undefined
  readonly cacheDirectory: string
  readonly environment: NodeJS.ProcessEnv
}

/** Undefined when there is none and it should be installed. Throws ENVOY_NOT_RUNNABLE, ENVOY_UNSUPPORTED_VERSION. */
export async function locateEnvoy(options: LocateOptions): Promise<LocatedEnvoy | undefined> {
  if (options.envoyPath !== undefined) {
    const version = await envoyVersion(options.envoyPath, options.environment)
    if (!isSupportedEnvoyVersion(version)) throw unsupported(options.envoyPath, version)
    return { path: path.resolve(options.envoyPath), version, origin: 'given' }
  }
  const candidates = [
    ...(await onPath(options.environment)).map(file => ({ file, origin: 'path' as const })),
    { file: path.resolve(cachedEnvoyPath(options.cacheDirectory)), origin: 'cache' as const },
  ]
  for (const { file, origin } of candidates) {
    if (origin === 'cache' && !(await isOwnBinary(file))) continue
    const version = await envoyVersion(file, options.environment).catch(() => undefined)
    if (version !== undefined && isSupportedEnvoyVersion(version)) return { path: file, version, origin }
  }
  return undefined
}

/** What `envoy --version` says. Throws ENVOY_NOT_RUNNABLE. */
export async function envoyVersion(file: string, environment: NodeJS.ProcessEnv): Promise<string> {
  const outcome = await runCommand(file, ['--version'], { environment })
  // "envoy  version: COMMIT/1.40.0/Clean/RELEASE/BoringSSL"
  const version =
    outcome.kind === 'exited' ? /version:\s*[0-9a-f]*\/(\d+\.\d+\.\d+)(?:-dev)?\//.exec(outcome.stdout)?.[1] : undefined
  if (version !== undefined) return version
  throw new MeshwrightError('ENVOY_NOT_RUNNABLE', {
    message: `${file} does not run as Envoy${outcome.kind === 'not-started' ? `: ${outcome.error.message}` : ''}`,
    remedy: 'Set ENVOY_PATH to an Envoy binary for this machine, or unset it and run `meshwright envoy install`.',
  })
}

function unsupported(file: string, version: string): MeshwrightError {
  return new MeshwrightError('ENVOY_UNSUPPORTED_VERSION', {
    message: `${file} is Envoy ${version}; supported are ${supportedEnvoyVersions}`,
    remedy: 'Set ENVOY_PATH to a supported one, or unset it and run `meshwright envoy install`.',
  })
}

async function onPath(environment: NodeJS.ProcessEnv): Promise<string[]> {
  const found: string[] = []
  for (const folder of (environment.PATH ?? '').split(path.delimiter)) {
    if (!path.isAbsolute(folder)) continue
    const file = path.join(folder, 'envoy')
    if (
      await access(file, constants.X_OK).then(
        () => true,
        () => false,
      )
    )
      found.push(file)
  }
  return found
}
