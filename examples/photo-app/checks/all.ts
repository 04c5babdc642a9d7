/** In the order in which they run: each leaves the mesh whole for the next. */

import { addedEndpoint } from './added-endpoint.ts'
import type { Check } from './check.ts'
import { daemonKilled } from './daemon-killed.ts'
import { forbidden } from './forbidden.ts'
import { agentKilled, envoyKilled } from './killed-beside-workload.ts'
import { mutualTls } from './mutual-tls.ts'
import { plaintextRefused } from './plaintext.ts'
import { renewal } from './renewal.ts'

export const checks: readonly Check[] = [
  mutualTls,
  plaintextRefused,
  forbidden,
  renewal,
  addedEndpoint,
  daemonKilled,
  agentKilled,
  envoyKilled,
]
