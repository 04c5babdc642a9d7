/**
 * `meshwright ca issue`: certificate, key and roots as files, for a workload without an agent. The key is made here and
 * stays here.
 */

import path from 'node:path'
import { type Command, Option } from 'commander'
import type { IssuedCertificateView } from '../../admin/distribution-view.ts'
import { certificateRequest, formatKey, generateKey } from '../../agent/identity/certificate-request.ts'
import { makePrivateDirectories, writeFileAtomically } from '../../platform/files.ts'
import { parseTtlSeconds } from '../duration.ts'
import { managementClient } from '../management-client.ts'
import { type ManagementFlags, managementFrom, withManagement } from '../management-flags.ts'

interface IssueFlags extends ManagementFlags {
  readonly namespace: string
  readonly serviceAccount: string
  readonly out: string
  readonly ttl?: string
  readonly keyType: 'P-256' | 'RSA-2048'
}

export function addIssue(ca: Command): void {
  withManagement(
    ca.command('issue').description('certificate, key and roots as files, for a workload without an agent'),
  )
    .requiredOption('--namespace <name>', "the workload's namespace")
    .requiredOption('--service-account <name>', "the workload's service account")
    .requiredOption('--out <directory>', 'folder for cert-chain.pem, key.pem and root-cert.pem; made when not there')
    .option('--ttl <duration>', "how long it holds (default: the authority's, 24h)")
    .addOption(new Option('--key-type <type>', 'kind of key').choices(['P-256', 'RSA-2048']).default('P-256'))
    .action(issue)
}

async function issue(flags: IssueFlags): Promise<void> {
  const { credential, output } = managementFrom(flags)
  const { namespace, serviceAccount, ttl, keyType } = flags
  const key = await generateKey(keyType === 'P-256' ? 'ec-p256' : 'rsa-2048')
  const answer = await managementClient(credential).post('/v1/ca/certificates', {
    namespace,
    serviceAccount,
    // Names in a request count for nothing: the authority takes them from who asks.
    csr: certificateRequest(key, `spiffe://cluster.local/ns/${namespace}/sa/${serviceAccount}`),
    ttlSeconds: ttl === undefined ? 0 : parseTtlSeconds(ttl),
  })
  const issued = JSON.parse(answer) as IssuedCertificateView
  makePrivateDirectories(flags.out)
  const write = (name: string, content: string, mode: number): void =>
    writeFileAtomically(path.join(flags.out, name), content, mode)
  // The certificate last: whoever watches it finds the rest in place.
  write('root-cert.pem', issued.roots, 0o644)
  write('key.pem', formatKey(key), 0o600)
  write('cert-chain.pem', issued.certificateChain, 0o644)
  const { identity, serialNumber, notAfter } = issued
  process.stdout.write(
    output === 'json'
      ? `${JSON.stringify({ identity, serialNumber, notAfter, directory: flags.out })}\n`
      : `${identity} until ${notAfter}, serial number ${serialNumber}, in ${flags.out}\n`,
  )
}
