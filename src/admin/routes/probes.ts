/** What probes and scrapers ask, on the plaintext side. */

import { json, type Route, text } from './route.ts'

const open = { method: 'GET', side: 'http', access: 'anyone', audit: 'no' } as const

export const probeRoutes: readonly Route[] = [
  {
    ...open,
    path: '/ready',
    handle(daemon) {
      const { ready, waitingFor } = daemon.readiness()
      return ready ? text('ready\n') : text(`not ready: ${waitingFor.join(', ')}\n`, 503)
    },
  },
  { ...open, path: '/healthz', handle: () => text('ok\n') },
  { ...open, path: '/metrics', handle: async daemon => text(await daemon.metrics()) },
  { ...open, path: '/version', handle: daemon => json({ version: daemon.version }) },
]
