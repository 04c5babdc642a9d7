/** The verdicts of the oracle that are kept, so that the comparison needs neither Go nor the network. */

import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { kinds } from '../../src/config/kinds/catalogue.ts'
import { kindNames } from '../../src/config/object.ts'
import { istioRelease, type Verdict } from './istio-oracle.ts'
import type { OwnSettings } from './own-settings.ts'
import type { OwnCase } from './own-table.ts'

/** Hash of the object's text, and what Istio says of it; `w` where it is accepted with a warning. */
type Kept = `${string} ${'accepted' | 'accepted w' | 'refused'}`

interface Table {
  readonly istio: string
  readonly module: string
  /** By the id of the case, sorted. */
  readonly own: Readonly<Record<string, Kept>>
  /** The same of texts of settings. */
  readonly settings: Readonly<Record<string, Kept>>
  /** Of the objects in Istio's module, all of which are looked at, those that Istio refuses; sorted. */
  readonly refusedOfIstios: readonly string[]
  /** The kinds that were looked at among these; of others nothing is known. */
  readonly kindsOfIstios: readonly string[]
}

const file = fileURLToPath(new URL('verdicts.json', import.meta.url))

export function readVerdicts(): Table {
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as Table
  return { istio: '', module: '', own: {}, settings: {}, refusedOfIstios: [], kindsOfIstios: [] }
}

export interface Answers {
  /** In the order of the cases. */
  readonly own: readonly Verdict[]
  readonly settings: readonly Verdict[]
  readonly istios: readonly Verdict[]
}

export function writeVerdicts(
  cases: { readonly own: readonly OwnCase[]; readonly settings: readonly OwnSettings[] },
  { own, settings, istios }: Answers,
): void {
  const table: Table = {
    istio: istioRelease.version,
    module: istioRelease.module,
    own: keptOf(cases.own, own),
    settings: keptOf(cases.settings, settings),
    refusedOfIstios: istios
      .filter(isRefusal)
      .map(({ id }) => id)
      .sort(),
    kindsOfIstios: [...kindNames].filter(kind => kinds[kind].group.endsWith('.istio.io')).sort(),
  }
  writeFileSync(file, `${JSON.stringify(table, undefined, 2)}\n`)
}

function keptOf(cases: readonly Judged[], verdicts: readonly Verdict[]): Table['own'] {
  const kept = cases.map(({ id, hash }, index) => [id, `${hash} ${wordFor(verdicts[index])}`] as const)
  // Sound: each value was put together so.
  return Object.fromEntries([...kept].sort(([a], [b]) => (a < b ? -1 : 1))) as Table['own']
}

type Judged = Pick<OwnCase, 'id' | 'hash'>

export interface KeptVerdict {
  readonly verdict: 'accepted' | 'refused'
  readonly warns: boolean
}

/** Undefined where the case is new, or its object is another than the one that was judged. */
export function verdictOf(kept: Table['own'], { id, hash }: Judged): KeptVerdict | undefined {
  const [judged, verdict, warns] = kept[id]?.split(' ') ?? []
  if (judged !== hash || (verdict !== 'accepted' && verdict !== 'refused')) return undefined
  return { verdict, warns: warns === 'w' }
}

export const isRefusal = ({ crd, webhook }: Verdict): boolean => crd !== '' || webhook !== ''

function wordFor(verdict: Verdict | undefined): string {
  if (verdict === undefined) throw new Error('the oracle has not answered every question')
  if (isRefusal(verdict)) return 'refused'
  return verdict.warnings.length > 0 ? 'accepted w' : 'accepted'
}
