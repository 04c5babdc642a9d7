/** A process that applies transactions of 500 objects to the store in the folder that it is given, one after the other, until it is killed. */

import { entry, put, startIntake } from './intake-rig.ts'

const [, , folder] = process.argv
if (folder !== undefined) {
  const rig = await startIntake({ folder })
  for (let round = 1; ; round += 1) {
    const objects = Array.from({ length: 500 }, (_, n) => put(entry(`o${n}`, 'shop', round)))
    const applied = rig.apply(...objects)
    process.stdout.write(`${round}\n`)
    await applied
  }
}
