/** `npm run verdicts`: asks Istio's own code anew and keeps what it says. Needs Go; the first build takes some minutes. */

import { istioObjects } from './istio-objects.ts'
import { askOracle, buildOracle, istioModuleFolder, istioRelease } from './istio-oracle.ts'
import { ownSettings } from './own-settings.ts'
import { ownCases } from './own-table.ts'
import { isRefusal, writeVerdicts } from './verdict-table.ts'

process.stdout.write(`Istio ${istioRelease.version}: building its validation where it was not built before\n`)
const oracle = await buildOracle()
const folder = istioModuleFolder()
if (folder === undefined) throw new Error("Istio's module is not in Go's module cache")
const own = askOracle(oracle, ownCases)
const istios = askOracle(oracle, istioObjects(folder))
const settings = askOracle(oracle, ownSettings)
writeVerdicts({ own: ownCases, settings: ownSettings }, { own, settings, istios })
for (const [what, verdicts] of [
  ['of our table', own],
  ['of settings of our tables', settings],
  ["of Istio's module", istios],
] as const)
  process.stdout.write(`${verdicts.length} objects ${what}, ${verdicts.filter(isRefusal).length} refused\n`)
