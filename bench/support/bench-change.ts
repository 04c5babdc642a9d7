/** What `change.ts` and `route.ts` have in common: their arguments, the mesh, and the table. */

import { parseArgs } from 'node:util'
import { type ChangeCost, changeTable, measureChanges } from './changes.ts'
import { joinMesh } from './joined-mesh.ts'
import type { MeshFolder } from './mesh-files.ts'

export async function benchChange(
  change: (mesh: MeshFolder, round: number) => number,
): Promise<{ readonly cost: ChangeCost }> {
  const { values } = parseArgs({
    options: {
      streams: { type: 'string', default: '1000' },
      services: { type: 'string', default: '1000' },
      rounds: { type: 'string', default: '20' },
      transport: { type: 'string', default: 'plaintext' },
      profile: { type: 'string' },
    },
  })
  const joined = await joinMesh({
    size: { services: Number(values.services), namespaces: 4 },
    streams: Number(values.streams),
    shapes: 40,
    transport: values.transport === 'tls' ? 'tls' : 'plaintext',
    profile: values.profile,
  })
  const cost = await measureChanges(joined, Number(values.rounds), round => change(joined.mesh, round))
  await joined.stop()
  process.stdout.write(`${values.services} services, ${values.rounds} rounds, Node ${process.version}\n\n`)
  process.stdout.write(`${changeTable({ [`${values.streams} over ${values.transport}`]: cost })}\n\n`)
  return { cost }
}
