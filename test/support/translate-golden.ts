/** Golden cases of translation: what a user would apply, and the resources that one proxy gets. */

import assert from 'node:assert/strict'
import { type MeshConfigInput, meshConfigFrom } from '../../src/config/mesh-config.ts'
import { parseConfigText } from '../../src/config/parse.ts'
import { formatProblem } from '../../src/config/problem.ts'
import { translateOffline } from '../../src/translate/offline.ts'
import type { AnyResourceKind } from '../../src/translate/resource-kind.ts'
import { type GoldenInput, type GoldenOutputs, goldenSuite } from './golden.ts'

/** One suite over `folder`; each output file holds the resources of its kinds. */
export function translateGoldenSuite(
  folder: string,
  kindsByOutput: Readonly<Record<string, readonly AnyResourceKind[]>>,
): void {
  goldenSuite(folder, input => translatedOutputs(input, kindsByOutput))
}

export function translatedOutputs(
  { text, file, proxy, mesh, networks, revocations, federatedTrustDomains }: GoldenInput,
  kindsByOutput: Readonly<Record<string, readonly AnyResourceKind[]>>,
): GoldenOutputs {
  const { objects, problems } = parseConfigText(text, file)
  assert.deepEqual(problems.filter(({ severity }) => severity === 'error').map(formatProblem), [])
  const outputs: Record<string, unknown> = {}
  for (const [output, kinds] of Object.entries(kindsByOutput)) {
    // The case's author writes MeshConfig fields as they are typed.
    const byType = translateOffline({
      objects,
      mesh: meshConfigFrom(mesh as MeshConfigInput),
      networks,
      proxy,
      kinds,
      revocations,
      federatedTrustDomains,
    })
    outputs[output] = Object.values(byType).flatMap(resources => resources.map(({ resource }) => resource))
  }
  return outputs
}
