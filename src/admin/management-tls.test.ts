import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connect } from 'node:tls'
import { systemClock } from '../platform/clock.ts'
import { silentLog } from '../platform/log.ts'
import { serverPair } from '../platform/testing/server-pair.ts'
import { nobody } from './access/caller.ts'
import { createAuditTrail } from './audit/audit-trail.ts'
import type { DaemonView } from './daemon-view.ts'
import { createHttpSide } from './server.ts'

test('TOB Linkerd 2022: the management side speaks TLS 1.3 and nothing older', async () => {
  const { certPem, keyPem } = await serverPair(['localhost'])
  const side = createHttpSide({
    side: 'management',
    host: '127.0.0.1',
    port: 0,
    names: [],
    // Sound: no request is ever made.
    daemon: {} as DaemonView,
    routes: [],
    clock: systemClock,
    log: silentLog,
    management: {
      tls: { chainPem: certPem, keyPem, trustPem: '' },
      authenticate: () => nobody,
      trail: createAuditTrail({ directory: '/nonexistent', log: silentLog }),
    },
  })
  const { port } = await side.start()
  const spoken = (maxVersion: 'TLSv1.2' | 'TLSv1.3'): Promise<string> =>
    new Promise(resolve => {
      const socket = connect({ host: '127.0.0.1', port, maxVersion, rejectUnauthorized: false }, () => {
        resolve(socket.getProtocol() ?? '')
        socket.destroy()
      })
      socket.once('error', () => resolve('refused'))
    })
  assert.deepEqual([await spoken('TLSv1.2'), await spoken('TLSv1.3')], ['refused', 'TLSv1.3'])
  await side.stop()
})
