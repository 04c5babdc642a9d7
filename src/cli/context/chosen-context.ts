/** Which daemon a command talks to, from what was given: flags before the environment, the environment before what is kept. */

import os from 'node:os'
import path from 'node:path'
import { credentialPath } from '../../admin/credential.ts'
import { defaultDataDirectory } from '../../options.ts'
import { type Environment, processEnvironment } from '../../platform/environment.ts'
import { type Context, contextNamed, readContexts } from './contexts.ts'

/** As commander hands them over; at most one of them. */
export interface DaemonFlags {
  readonly data?: string
  readonly credential?: string
  readonly context?: string
}

/** Throws `CONTEXT_UNKNOWN`, `CONTEXTS_UNREADABLE`. */
export function chosenContext(flags: DaemonFlags, environment: Environment = processEnvironment): Context {
  if (flags.credential !== undefined) return { credential: flags.credential }
  if (flags.data !== undefined) return { credential: credentialPath(flags.data) }
  const named = flags.context ?? (environment.MESHWRIGHT_CONTEXT || undefined)
  if (named !== undefined) return contextNamed(readContexts(contextsFile(environment)), named)
  const { MESHWRIGHT_DATA: data } = environment
  if (data !== undefined && data !== '') return { credential: credentialPath(data) }
  const contexts = readContexts(contextsFile(environment))
  return contexts.current === undefined
    ? { credential: credentialPath(defaultDataDirectory()) }
    : contextNamed(contexts, contexts.current)
}

/** `MESHWRIGHT_CONTEXTS`, else `contexts.yaml` in the user's configuration folder. */
export function contextsFile(environment: Environment = processEnvironment): string {
  const { MESHWRIGHT_CONTEXTS: given, XDG_CONFIG_HOME: home } = environment
  if (given !== undefined && given !== '') return given
  return path.join(home || path.join(os.homedir(), '.config'), 'meshwright', 'contexts.yaml')
}
