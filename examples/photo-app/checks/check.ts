/** A check: what is expected, what happened, how long it took. Each is one real request, or many, through the Envoys. */

import type { PhotoMesh } from '../support/mesh.ts'

export interface CheckResult {
  readonly passed: boolean
  readonly happened: string
  /** The duration that matters to the check; absent: the whole check's. */
  readonly tookMs?: number
}

export interface Check {
  readonly name: string
  readonly expected: string
  run(mesh: PhotoMesh): Promise<CheckResult>
}
