/** A complaint as clients are told it: its place in a request says nothing to them. */

import type { ProblemView } from '../../admin/configuration-view.ts'
import type { Problem } from '../../config/problem.ts'

export function problemView({ severity, code, kind, namespace, name, field, reason, remedy }: Problem): ProblemView {
  return {
    severity,
    ...(code === undefined ? {} : { code }),
    ...(kind === undefined ? {} : { kind }),
    ...(namespace === undefined ? {} : { namespace }),
    ...(name === undefined ? {} : { name }),
    ...(field === undefined ? {} : { field }),
    reason,
    ...(remedy === undefined ? {} : { remedy }),
  }
}
