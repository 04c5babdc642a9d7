import { FakeClock } from '../platform/clock.ts'
import { silentLog } from '../platform/log.ts'
import { createAdsServer } from './ads-server.ts'
import { openFakeStream } from './testing/fake-transport.ts'
import { xdsSuite } from './testing/xds-suite.ts'

xdsSuite({
  name: 'streams in memory',
  async start(directory) {
    const clock = new FakeClock()
    const ads = createAdsServer({ directory, log: silentLog, clock })
    return {
      ads,
      open: path => openFakeStream(ads.methods, path),
      settle: async () => clock.advance(5000),
      stop: async () => undefined,
    }
  },
})
