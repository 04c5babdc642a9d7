/** The file of mesh settings, read at the start and again whenever it changes; an invalid one leaves the last good in force. */

import { type FSWatcher, readFileSync, watch } from 'node:fs'
import path from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { Clock, Timer } from '../../platform/clock.ts'
import { errorFrom, MeshwrightError } from '../../platform/errors.ts'
import type { Log } from '../../platform/log.ts'
import type { MeshConfig } from '../mesh-config.ts'
import { type ParsedMeshConfig, parseMeshConfig } from '../parse-mesh-config.ts'
import { formatProblem } from '../problem.ts'
import { decodeText } from '../text-encoding.ts'
import { signatureOf } from './config-file.ts'

export interface MeshConfigFileOptions {
  readonly file: string
  readonly clock: Clock
  readonly log: Log
}

export interface MeshConfigFile {
  /** The settings as the file has them now. Throws MESH_CONFIG_INVALID. */
  read(): MeshConfig
  /** Calls `onChange` with settings that differ from those before, until the signal is aborted. Call `read` first. */
  watch(onChange: (mesh: MeshConfig) => void, signal: AbortSignal): void
  /** Why the file as it is now is not in force; undefined when it is. */
  readonly fault: string | undefined
}

const coalesceMs = 1
const quietMs = 10
/** For what no notice tells of: the file's folder replaced, a remote disk. */
const pollMs = 1000

export function createMeshConfigFile(options: MeshConfigFileOptions): MeshConfigFile {
  return new WatchedMeshConfig(options)
}

/** Throws MESH_CONFIG_INVALID. */
export function readMeshConfig(file: string): ParsedMeshConfig {
  let bytes: Buffer
  try {
    bytes = readFileSync(file)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new MeshwrightError('MESH_CONFIG_INVALID', {
      message: `mesh settings ${file} cannot be read: ${code}`,
      facts: { file },
      cause: error,
    })
  }
  const decoded = decodeText(bytes)
  if (decoded.kind === 'text') return parseMeshConfig(decoded.text, file)
  const place = `${file}:${decoded.line}:${decoded.column}`
  throw new MeshwrightError('MESH_CONFIG_INVALID', {
    message: `${place}: ${decoded.reason}`,
    remedy: 'save it as UTF-8',
  })
}

class WatchedMeshConfig implements MeshConfigFile {
  readonly #options: MeshConfigFileOptions
  readonly #file: string
  #watcher: FSWatcher | undefined
  #mesh: MeshConfig | undefined
  #seen = ''
  #checkTimer: Timer | undefined
  #pollTimer: Timer | undefined
  #fault: string | undefined
  #onChange: (mesh: MeshConfig) => void = () => {}

  constructor(options: MeshConfigFileOptions) {
    this.#options = options
    this.#file = path.resolve(options.file)
  }

  get fault(): string | undefined {
    return this.#fault
  }

  read(): MeshConfig {
    this.#seen = signatureOf(this.#file)?.text ?? ''
    const { mesh, warnings } = readMeshConfig(this.#file)
    this.#mesh = mesh
    this.#warn(warnings)
    return mesh
  }

  watch(onChange: (mesh: MeshConfig) => void, signal: AbortSignal): void {
    if (signal.aborted) return
    signal.addEventListener('abort', () => this.#stop(), { once: true })
    this.#onChange = onChange
    this.#openWatcher()
    this.#poll()
  }

  #stop(): void {
    this.#watcher?.close()
    this.#watcher = undefined
    this.#checkTimer?.cancel()
    this.#pollTimer?.cancel()
  }

  #openWatcher(): void {
    try {
      // The folder: the file itself may be replaced, and in a mounted ConfigMap it is a link whose target moves.
      this.#watcher = watch(path.dirname(this.#file), () => this.#checkSoon(coalesceMs))
      this.#watcher.on('error', error =>
        this.#options.log.warn(
          { file: this.#file, code: (error as NodeJS.ErrnoException).code },
          'folder cannot be watched',
        ),
      )
    } catch (error) {
      this.#options.log.warn(
        { file: this.#file, code: (error as NodeJS.ErrnoException).code },
        'folder cannot be watched',
      )
    }
  }

  #poll(): void {
    this.#pollTimer = this.#options.clock.after(pollMs, () => {
      this.#check()
      this.#poll()
    })
  }

  #checkSoon(delayMs: number): void {
    this.#checkTimer?.cancel()
    this.#checkTimer = this.#options.clock.after(delayMs, () => this.#check())
  }

  #check(): void {
    const signature = signatureOf(this.#file)
    // A moment without the file is an editor replacing it; a longer one leaves the settings as they are.
    if (signature === undefined || signature.text === this.#seen) return
    const ageMs = Math.abs(this.#options.clock.now() - signature.modifiedMs)
    if (!signature.placedAfterWrite && ageMs < quietMs) {
      this.#checkSoon(quietMs)
      return
    }
    this.#seen = signature.text
    this.#take()
  }

  #take(): void {
    try {
      const { mesh, warnings } = readMeshConfig(this.#file)
      this.#fault = undefined
      if (isDeepStrictEqual(mesh, this.#mesh)) return
      this.#mesh = mesh
      this.#warn(warnings)
      this.#onChange(mesh)
    } catch (error) {
      const { code, message } = errorFrom(error)
      if (code !== 'MESH_CONFIG_INVALID') throw error
      this.#fault = message
      this.#options.log.error({ fault: message }, 'mesh settings refused, the last good stay in force')
    }
  }

  #warn(warnings: ParsedMeshConfig['warnings']): void {
    for (const warning of warnings) this.#options.log.warn({ problem: formatProblem(warning) }, 'mesh settings')
  }
}
