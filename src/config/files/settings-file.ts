/** A file of settings, read at the start and again whenever it changes; an invalid one leaves the last good in force. */

import { type FSWatcher, readFileSync, watch } from 'node:fs'
import path from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { Clock, Timer } from '../../platform/clock.ts'
import { errorFrom, MeshwrightError } from '../../platform/errors.ts'
import type { Log } from '../../platform/log.ts'
import type { SettingsForm } from '../mesh/settings-text.ts'
import { formatProblem, type Problem } from '../problem.ts'
import { decodeText } from '../text-encoding.ts'
import { signatureOf } from './config-file.ts'

/** What is to be known of a kind of settings to read and watch its file. */
export interface SettingsReader<T> extends Pick<SettingsForm<never>, 'name' | 'invalid'> {
  /** Throws the code `invalid`. */
  parse(text: string, file: string): ReadSettings<T>
}

export interface ReadSettings<T> {
  readonly value: T
  readonly warnings: readonly Problem[]
}

export interface SettingsFileOptions {
  readonly file: string
  readonly clock: Clock
  readonly log: Log
}

export interface SettingsFile<T> {
  /** The settings as the file has them now. Throws the reader's code. */
  read(): T
  /** Calls `onChange` with settings that differ from those before, until the signal is aborted. Call `read` first. */
  watch(onChange: (value: T) => void, signal: AbortSignal): void
  state(): SettingsFileState
}

export interface SettingsFileState {
  readonly file: string
  /** Why the file as it is now is not in force, and the last good one is; absent when it is. */
  readonly fault?: string
  /** Of what is in force. */
  readonly warnings: readonly Problem[]
}

const coalesceMs = 1
const quietMs = 10
/** For what no notice tells of: the file's folder replaced, a remote disk. */
const pollMs = 1000

export function createSettingsFile<T>(reader: SettingsReader<T>, options: SettingsFileOptions): SettingsFile<T> {
  return new WatchedSettings(reader, options)
}

/** Throws the reader's code. */
export function readSettingsFile<T>(reader: SettingsReader<T>, file: string): ReadSettings<T> {
  let bytes: Buffer
  try {
    bytes = readFileSync(file)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new MeshwrightError(reader.invalid, {
      message: `${reader.name} ${file} cannot be read: ${code}`,
      facts: { file },
      cause: error,
    })
  }
  return parseSettingsBytes(reader, bytes, file)
}

/** `file` names the bytes in messages. Throws the reader's code. */
export function parseSettingsBytes<T>(reader: SettingsReader<T>, bytes: Uint8Array, file: string): ReadSettings<T> {
  const decoded = decodeText(bytes)
  if (decoded.kind === 'text') return reader.parse(decoded.text, file)
  const { line, column, reason } = decoded
  const remedy = 'save it as UTF-8'
  const problem: Problem = { severity: 'error', file, line, column, reason, remedy }
  throw new MeshwrightError(reader.invalid, { message: formatProblem(problem), facts: { file, problems: [problem] } })
}

class WatchedSettings<T> implements SettingsFile<T> {
  readonly #reader: SettingsReader<T>
  readonly #options: SettingsFileOptions
  readonly #file: string
  #watcher: FSWatcher | undefined
  #value: T | undefined
  #seen = ''
  #checkTimer: Timer | undefined
  #pollTimer: Timer | undefined
  #fault: string | undefined
  #warnings: readonly Problem[] = []
  #onChange: (value: T) => void = () => {}

  constructor(reader: SettingsReader<T>, options: SettingsFileOptions) {
    this.#reader = reader
    this.#options = options
    this.#file = path.resolve(options.file)
  }

  state(): SettingsFileState {
    const fault = this.#fault
    return { file: this.#file, ...(fault === undefined ? {} : { fault }), warnings: this.#warnings }
  }

  read(): T {
    this.#seen = signatureOf(this.#file)?.text ?? ''
    const { value, warnings } = readSettingsFile(this.#reader, this.#file)
    this.#value = value
    this.#warnings = warnings
    this.#warn(warnings)
    return value
  }

  watch(onChange: (value: T) => void, signal: AbortSignal): void {
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
      const { value, warnings } = readSettingsFile(this.#reader, this.#file)
      this.#fault = undefined
      this.#warnings = warnings
      if (isDeepStrictEqual(value, this.#value)) return
      this.#value = value
      this.#warn(warnings)
      this.#onChange(value)
    } catch (error) {
      const { code, message } = errorFrom(error)
      if (code !== this.#reader.invalid) throw error
      this.#fault = message
      this.#options.log.error({ fault: message }, `${this.#reader.name} refused, the last good stay in force`)
    }
  }

  #warn(warnings: readonly Problem[]): void {
    for (const warning of warnings) this.#options.log.warn({ problem: formatProblem(warning) }, this.#reader.name)
  }
}
