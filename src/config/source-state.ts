/** What a source says about its objects, for `/debug/config` and the log. */

import type { KindName } from './object.ts'
import type { Problem } from './problem.ts'

export interface ConfigStatus {
  readonly kind: KindName
  readonly namespace: string
  readonly name: string
  readonly file: string
  /** 1-based place of the version that counts. */
  readonly line: number
  readonly column: number
  /** `last good in force`: its newest version was refused, see the problems. `shadowed`: another file has it, first by path. */
  readonly state: 'in force' | 'last good in force' | 'shadowed'
}

export interface SourceState {
  readonly objects: readonly ConfigStatus[]
  /** Everything refused and everything doubtful, by place. */
  readonly problems: readonly Problem[]
}
