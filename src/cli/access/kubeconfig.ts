/** `meshwright access kubeconfig`: a kubeconfig with which kubectl uses the management API. */

import type { Command } from 'commander'
import { readCredential } from '../../admin/credential.ts'
import { yamlLibrary } from '../../platform/late-libraries.ts'
import { type ManagementFlags, managementFrom, withManagement } from '../management-flags.ts'

interface KubeconfigFlags extends ManagementFlags {
  readonly namespace: string
}

export function addKubeconfig(access: Command): void {
  withManagement(access.command('kubeconfig').description('print a kubeconfig of a credential, for kubectl'))
    .option('-n, --namespace <name>', 'where kubectl looks when it is told no namespace', 'default')
    .action((flags: KubeconfigFlags) => {
      const { address, rootPem, token } = readCredential(managementFrom(flags).credential)
      const name = 'meshwright'
      const kubeconfig = {
        apiVersion: 'v1',
        kind: 'Config',
        clusters: [
          {
            name,
            cluster: {
              server: `https://${address}`,
              // In the daemon's certificate whatever address it listens on.
              'tls-server-name': 'localhost',
              'certificate-authority-data': Buffer.from(rootPem).toString('base64'),
            },
          },
        ],
        users: [{ name, user: { token } }],
        contexts: [{ name, context: { cluster: name, user: name, namespace: flags.namespace } }],
        'current-context': name,
      }
      process.stdout.write(yamlLibrary().stringify(kubeconfig))
    })
}
