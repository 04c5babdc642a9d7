/** Tasks of the test: what they are told to do. */

import { threadId } from 'node:worker_threads'
import { MeshwrightError } from '../../errors.ts'

export interface Told {
  readonly what: 'double' | 'refuse' | 'fail' | 'die' | 'which'
  readonly number: number
}

export function runTask({ what, number }: Told): number {
  if (what === 'refuse') throw new MeshwrightError('CA_CSR_INVALID', { message: 'odd', cause: new Error('because') })
  if (what === 'fail') throw new TypeError('broken')
  if (what === 'die') process.exit(number)
  if (what === 'which') return threadId
  return 2 * number
}
