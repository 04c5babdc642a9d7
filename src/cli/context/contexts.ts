/**
 * The daemons that this user works with, by name: a YAML file that says for each which credential to show and in which
 * namespace commands look when they name none. Credentials themselves stay in their own files.
 */

import { mkdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { MeshwrightError } from '../../platform/errors.ts'
import { writeFileAtomically } from '../../platform/files.ts'
import { yamlLibrary } from '../../platform/late-libraries.ts'

export interface Context {
  /** A credential file, absolute. */
  readonly credential: string
  /** Where commands look when they name no namespace; absent: `default`. */
  readonly namespace?: string
}

export interface Contexts {
  /** The one in use when a command names none. */
  readonly current?: string
  readonly contexts: Readonly<Record<string, Context>>
}

export const noContexts: Contexts = { contexts: {} }

const nameForm = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/

/** No file is no contexts. Throws `CONTEXTS_UNREADABLE`. */
export function readContexts(file: string): Contexts {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return noContexts
    throw unreadable(file, (cause as Error).message, cause)
  }
  try {
    return contextsFrom(yamlLibrary().parse(text) as unknown)
  } catch (cause) {
    throw unreadable(file, (cause as Error).message, cause)
  }
}

export function writeContexts(file: string, contexts: Contexts): void {
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 })
  writeFileAtomically(file, yamlLibrary().stringify(contexts), 0o600)
}

/** Throws `CONTEXT_UNKNOWN`, `OPTION_INVALID`. */
export function contextNamed(contexts: Contexts, name: string): Context {
  const found = Object.hasOwn(contexts.contexts, name) ? contexts.contexts[name] : undefined
  if (found !== undefined) return found
  const names = Object.keys(contexts.contexts)
  throw new MeshwrightError('CONTEXT_UNKNOWN', {
    message: `there is no context ${JSON.stringify(name)}`,
    remedy:
      names.length === 0
        ? 'Add it with `meshwright context add`.'
        : `Known are ${names.join(', ')}; add others with \`meshwright context add\`.`,
  })
}

/** The first context becomes the current one. Throws `OPTION_INVALID` for a name that is none. */
export function withContext(contexts: Contexts, name: string, context: Context): Contexts {
  if (!nameForm.test(name)) {
    throw new MeshwrightError('OPTION_INVALID', {
      message: `${JSON.stringify(name)} cannot be the name of a context`,
      remedy: 'Use letters, digits, points, dashes and underscores, at most 63.',
    })
  }
  return { current: contexts.current ?? name, contexts: { ...contexts.contexts, [name]: context } }
}

/** Throws `CONTEXT_UNKNOWN`. Without the current one no context is current. */
export function withoutContext(contexts: Contexts, name: string): Contexts {
  contextNamed(contexts, name)
  const { [name]: _removed, ...rest } = contexts.contexts
  return {
    ...(contexts.current === undefined || contexts.current === name ? {} : { current: contexts.current }),
    contexts: rest,
  }
}

function contextsFrom(content: unknown): Contexts {
  if (content === null || content === undefined) return noContexts
  const { current, contexts = {} } = membersOf(content, 'the file')
  if (current !== undefined && typeof current !== 'string') throw new Error('current: a name is needed')
  const entries = Object.entries(membersOf(contexts, 'contexts')).map(([name, value]) => {
    const { credential, namespace } = membersOf(value, `contexts.${name}`)
    if (typeof credential !== 'string' || credential === '')
      throw new Error(`contexts.${name}.credential: a file is needed`)
    if (namespace !== undefined && typeof namespace !== 'string')
      throw new Error(`contexts.${name}.namespace: a name is needed`)
    return [name, { credential, ...(namespace === undefined ? {} : { namespace }) }] as const
  })
  return { ...(current === undefined ? {} : { current }), contexts: Object.fromEntries(entries) }
}

function membersOf(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  throw new Error(`${what}: a map is needed`)
}

function unreadable(file: string, reason: string, cause: unknown): MeshwrightError {
  return new MeshwrightError('CONTEXTS_UNREADABLE', {
    message: `${file}: ${reason}`,
    remedy: 'Mend the file, or name another with MESHWRIGHT_CONTEXTS.',
    cause,
  })
}
