/** Every text of our tables of settings, refused ones and their accepted neighbours, as questions to the oracle. */

import { createHash } from 'node:crypto'
import { meshConfigCases } from '../../src/config/mesh/testing/mesh-config-cases.ts'
import { meshNetworksCases } from '../../src/config/mesh/testing/rules/mesh-networks.ts'
import type { SettingsCase } from '../../src/config/mesh/testing/settings-cases.ts'
import type { SettingsQuestion } from './istio-oracle.ts'

export interface OwnSettings extends SettingsQuestion {
  /** Of the text: a recorded verdict holds for it alone. */
  readonly hash: string
}

const questions = (settings: SettingsQuestion['settings'], cases: readonly SettingsCase[]): readonly OwnSettings[] =>
  cases.flatMap(({ rule, refused, accepted, warns }) =>
    [
      [`${warns ? 'warned of' : 'refused'} when ${rule}`, refused] as const,
      [`accepted neighbour of ${rule}`, accepted] as const,
    ].map(([id, text]) => ({
      id: `${settings}: ${id}`,
      settings,
      text,
      hash: createHash('sha256').update(text).digest('base64url').slice(0, 10),
    })),
  )

export const ownSettings: readonly OwnSettings[] = [
  ...questions('mesh', meshConfigCases),
  ...questions('meshNetworks', meshNetworksCases),
]
