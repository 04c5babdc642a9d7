/** Certificates of workloads, as an agent gets them: a join token, then the daemon's own certificate service. */

import { credentialPath, readCredential } from '../../src/admin/credential.ts'
import { createDaemonClient } from '../../src/agent/daemon/daemon-client.ts'
import { certificateRequest, formatKey, generateKey } from '../../src/agent/identity/certificate-request.ts'
import { createCertificate } from '../../src/agent/identity/certificate-service.ts'
import { managementClient } from '../../src/cli/management-client.ts'
import { spiffeIdOf } from '../../src/platform/spiffe.ts'
import type { BuiltDaemon } from './built-daemon.ts'
import type { ClientTls } from './streams.ts'

export async function issueIdentity(
  daemon: BuiltDaemon,
  who: { readonly namespace: string; readonly serviceAccount: string },
): Promise<Required<ClientTls>> {
  const file = credentialPath(daemon.data)
  const { rootPem } = readCredential(file)
  const body = { namespace: who.namespace, serviceAccount: who.serviceAccount, ttlSeconds: 600 }
  const { token } = JSON.parse(await managementClient(file).post('/v1/tokens', body)) as { token: string }
  const key = await generateKey('ec-p256')
  const address = { host: '127.0.0.1', port: daemon.ports.secure ?? 0 }
  const client = createDaemonClient({ address, serverName: 'localhost' }, rootPem, undefined)
  const { chainPem, rootsPem } = await createCertificate(client, {
    csrPem: certificateRequest(key, spiffeIdOf({ trustDomain: 'cluster.local', ...who }).uri),
    ttlMs: 3_600_000,
    clusterId: 'Kubernetes',
    bearer: token,
  })
  client.close()
  return { rootPem: rootsPem, certPem: chainPem, keyPem: formatKey(key) }
}
