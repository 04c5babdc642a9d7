/** `npm run verdicts`: asks Istio's and Kubernetes' own code anew and keeps what they say. Needs Go; the first build takes some minutes. */

import { askDefinitions, definitionsProgram, writeDefinitions } from './definitions-oracle.ts'
import { buildProgram } from './go-program.ts'
import { allIstioObjects } from './istio-objects.ts'
import { askOracle, istioApiFolder, istioModuleFolder, istioProgram, istioRelease } from './istio-oracle.ts'
import { ownSettings } from './own-settings.ts'
import { ownCases } from './own-table.ts'
import { isRefusal, writeVerdicts } from './verdict-table.ts'

process.stdout.write(`Istio ${istioRelease.version}: building its validation where it was not built before\n`)
const oracle = await buildProgram(istioProgram)
const folder = istioModuleFolder()
const api = istioApiFolder()
if (folder === undefined || api === undefined) throw new Error("Istio's modules are not in Go's module cache")
const own = askOracle(oracle, ownCases)
const istios = askOracle(oracle, allIstioObjects(folder, api))
const settings = askOracle(oracle, ownSettings)
writeVerdicts({ own: ownCases, settings: ownSettings }, { own, settings, istios })
for (const [what, verdicts] of [
  ['of our table', own],
  ['of settings of our tables', settings],
  ["of Istio's modules", istios],
] as const)
  process.stdout.write(`${verdicts.length} objects ${what}, ${verdicts.filter(isRefusal).length} refused\n`)

process.stdout.write('building what checks definitions where it was not built before\n')
const definitions = askDefinitions(await buildProgram(definitionsProgram))
writeDefinitions(definitions)
for (const [name, { faults }] of Object.entries(definitions.definitions))
  for (const fault of faults) process.stdout.write(`${name}: ${fault}\n`)
process.stdout.write(
  `${Object.keys(definitions.definitions).length} definitions, ${Object.keys(definitions.objects).length} objects\n`,
)
