/** What the daemon is told of a certificate. */

import { createHash } from 'node:crypto'
import { parseCertificates, type WorkloadCertificate } from '../identity/workload-certificate.ts'
import type { CertificateFacts } from './attend-messages.ts'

/** `rootsPem`: where the root is looked for. Cost: a signature check a root. */
export function certificateFacts(certificate: WorkloadCertificate, rootsPem: string): CertificateFacts {
  const chain = parseCertificates(certificate.chainPem)
  const [leaf, last] = [chain[0], chain.at(-1)]
  const key = leaf?.publicKey.export({ type: 'spki', format: 'der' }) ?? Buffer.alloc(0)
  const root = parseCertificates(rootsPem).find(
    candidate => last?.checkIssued(candidate) === true && last.verify(candidate.publicKey),
  )
  return {
    serialNumber: certificate.serialNumber,
    notAfterMs: certificate.notAfterMs,
    rootFingerprint: root?.fingerprint256.replaceAll(':', '').toLowerCase() ?? '',
    keyFingerprint: createHash('sha256').update(key).digest('hex'),
  }
}
