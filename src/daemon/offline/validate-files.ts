/** `meshwright validate`: the daemon's own reading and checks, over files that are read once. */

import { readFileSync } from 'node:fs'
import type { ValidateOutcome, ValidateRequest } from '../../cli/validate-command.ts'
import { createFieldPlaces } from '../../config/files/field-places.ts'
import { type LoadedConfig, loadFiles, standardInputName } from '../../config/files/load-files.ts'
import type { MeshConfig } from '../../config/mesh-config.ts'
import { objectKey } from '../../config/object.ts'
import { byPlace, type Problem } from '../../config/problem.ts'
import { type CheckedConfig, formatReport, reportJson } from '../../config/problem-report.ts'
import { createReferences } from '../../config/references/references.ts'
import { decodeText } from '../../config/text-encoding.ts'
import type { Clock } from '../../platform/clock.ts'
import { silentLog } from '../../platform/log.ts'
import { validateSettings } from './settings-to-validate.ts'

export interface ValidateSurroundings {
  readonly clock: Pick<Clock, 'monotonicMs'>
  /** Shows how far a long run is; undefined where nobody looks. */
  readonly progress: ((text: string) => void) | undefined
}

/** Throws CONFIG_DIRECTORY_UNREADABLE, and MESH_CONFIG_INVALID and MESH_NETWORKS_INVALID for files that cannot be read. */
export function validateFiles(request: ValidateRequest, surroundings: ValidateSurroundings): ValidateOutcome {
  const standardInput = request.places.includes('-') ? readFileSync(0) : new Uint8Array()
  const settings = validateSettings(request, standardInput)
  const loaded = loadFiles(settings.places, {
    log: silentLog,
    standardInput,
    onProgress: progressLine(surroundings),
  })
  surroundings.progress?.(clearedLine)
  const references = referenceProblems(loaded, settings.mesh, standardInput)
  const checked: CheckedConfig = {
    files: loaded.files + settings.files,
    objects: loaded.objects.length,
    problems: [...loaded.problems, ...settings.problems, ...references].sort(byPlace),
  }
  const refusing = request.strictness === 'warnings-too' ? ['error', 'warning'] : ['error']
  const verdict = checked.problems.some(({ severity }) => refusing.includes(severity)) ? 'refused' : 'accepted'
  return { verdict, text: request.output === 'json' ? reportJson(checked, verdict) : formatReport(checked) }
}

function referenceProblems(
  { objects, pathOf }: LoadedConfig,
  mesh: MeshConfig,
  standardInput: Uint8Array,
): readonly Problem[] {
  const references = createReferences()
  const changes = objects.map(object => ({ kind: object.kind, key: objectKey(object), object }))
  references.apply({ changes, mesh })
  const placed = createFieldPlaces(file => {
    const decoded = decodeText(file === standardInputName ? standardInput : readFileSync(pathOf(file)))
    return decoded.kind === 'text' ? decoded.text : undefined
  })
  return objects.flatMap(object =>
    references
      .problemsOf({ kind: object.kind, namespace: object.metadata.namespace, name: object.metadata.name })
      .map(problem => placed(problem, object.origin)),
  )
}

const clearedLine = '\r\u001b[K'
const progressEveryMs = 200

function progressLine({ clock, progress }: ValidateSurroundings): (done: number, total: number) => void {
  let shownMs = clock.monotonicMs()
  return (done, total) => {
    const now = clock.monotonicMs()
    if (progress === undefined || now - shownMs < progressEveryMs) return
    shownMs = now
    progress(`${clearedLine}${done} of ${total} files`)
  }
}
