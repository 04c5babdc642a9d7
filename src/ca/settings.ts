/**
 * The authority's settings: one YAML file (`--ca-config`), each section owned by the part that reads it. An absent
 * section is the default: a self-signed root, callers by certificate and join token.
 */

import { readFileSync } from 'node:fs'
import { type Static, type TSchema, Type } from 'typebox'
import { Value } from 'typebox/value'
import { MeshwrightError } from '../platform/errors.ts'
import { yamlLibrary } from '../platform/late-libraries.ts'
import { admissionSettings } from './settings/admission.ts'
import { callersSettings } from './settings/callers.ts'
import { federationSettings } from './settings/federation.ts'
import { issuerSettings } from './settings/issuer.ts'
import { logSettings } from './settings/log.ts'

const closed = { additionalProperties: false }

const caSettingsSchema = Type.Object(
  {
    issuer: Type.Optional(issuerSettings),
    callers: Type.Optional(callersSettings),
    admission: Type.Optional(admissionSettings),
    federation: Type.Optional(federationSettings),
    log: Type.Optional(logSettings),
  },
  closed,
)

export type CaSettings = Static<typeof caSettingsSchema>

/** Throws `CA_SETTINGS_INVALID` naming file, line, field and reason. */
export function readCaSettings(file: string): CaSettings {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (cause) {
    throw invalid(`${file}: ${(cause as Error).message}`, cause)
  }
  const { isNode, LineCounter, parseDocument } = yamlLibrary()
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines })
  const fault = document.errors[0]
  if (fault !== undefined) throw invalid(`${file}:${fault.linePos?.[0].line ?? 1}: ${fault.message}`)
  const content: unknown = document.toJS() ?? {}
  const [error] = Value.Errors(caSettingsSchema as TSchema, content)
  if (error !== undefined) {
    const path = error.instancePath.split('/').slice(1)
    const node = path.length === 0 ? document.contents : document.getIn(path, true)
    const line = isNode(node) && node.range ? lines.linePos(node.range[0]).line : 1
    throw invalid(`${file}:${line}: ${path.join('.') || 'the file'}: ${error.message}`)
  }
  // Sound: it was checked just now.
  return content as CaSettings
}

function invalid(message: string, cause?: unknown): MeshwrightError {
  return new MeshwrightError('CA_SETTINGS_INVALID', { message, remedy: 'See docs/ca.md for the settings.', cause })
}
