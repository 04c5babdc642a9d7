/** Runs a short command to its end and collects what it prints. */

import { spawn } from 'node:child_process'

export type CommandOutcome =
  | { readonly kind: 'exited'; readonly code: number; readonly stdout: string; readonly stderr: string }
  /** It could not be started: no such file, not executable, wrong format. */
  | { readonly kind: 'not-started'; readonly error: NodeJS.ErrnoException }

export interface CommandOptions {
  readonly environment: NodeJS.ProcessEnv
  readonly signal?: AbortSignal
}

/** A command that a signal ended counts as exited with code 128. Rejects only when aborted. */
export function runCommand(command: string, args: readonly string[], options: CommandOptions): Promise<CommandOutcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      env: options.environment,
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    })
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout = (stdout + text).slice(-keptCharacters)
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-keptCharacters)
    })
    child.once('error', error => {
      if (options.signal?.aborted === true) reject(error)
      else resolve({ kind: 'not-started', error })
    })
    child.once('close', code => resolve({ kind: 'exited', code: code ?? 128, stdout, stderr }))
  })
}

const keptCharacters = 64 * 1024
