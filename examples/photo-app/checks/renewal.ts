/** The certificate of a workload is renewed under constant load; no counted request may fail. */

import { servedSerial } from '../support/envoy-admin.ts'
import { startLoad } from '../support/load.ts'
import { timeUntil } from '../support/request.ts'
import { page, workloads } from '../support/workloads.ts'
import type { Check } from './check.ts'

export const renewal: Check = {
  name: 'certificate renewed under load',
  expected: 'new serial, no request fails',
  async run(mesh) {
    const api = workloads.find(workload => workload.name === 'api-1')
    if (api === undefined) throw new Error('there is no api-1')
    const before = await servedSerial(api)
    const load = startLoad({ ...page, path: '/trace' }, 100)
    // The agent renews by itself between 40 % and 70 % of a certificate's life; this signal asks for it now.
    mesh.agents.get(api.name)?.kill('SIGUSR2')
    const tookMs = await timeUntil(10_000, async () => {
      const now = await servedSerial(api)
      return now !== '' && now !== before
    })
    // New connections go on under the new certificate for a while.
    await new Promise(resolve => setTimeout(resolve, 1000))
    const { sent, failed, reasons } = await load.stop()
    const happened = `${tookMs === undefined ? 'same serial' : 'new serial'}, ${failed} of ${sent} failed ${reasons.join('; ')}`
    return {
      passed: tookMs !== undefined && failed === 0 && before !== '',
      happened,
      ...(tookMs === undefined ? {} : { tookMs }),
    }
  },
}
