/** The heap without what nobody holds, whichever flags the process was started with. */

import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
// Sound: with that flag a new context has it.
const collect = runInNewContext('gc') as () => void

/** In MiB, after a full collection. */
export function collectedHeapMb(): number {
  collect()
  return process.memoryUsage().heapUsed / 2 ** 20
}
