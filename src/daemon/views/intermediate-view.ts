/** What operators do with an authority whose root is kept elsewhere. */

import type { IntermediateView } from '../../admin/intermediate-view.ts'
import type { CertificateAuthority } from '../../ca/certificate-authority.ts'

export function intermediateView(ca: CertificateAuthority): IntermediateView {
  return {
    request: () => ca.requestIntermediate(),
    async install(chainPem) {
      const { subject, notAfterMs, rootFingerprint, isInForce } = await ca.installIntermediate(chainPem)
      const notAfter = new Date(notAfterMs).toISOString()
      return { subject, notAfter, root: rootFingerprint, use: isInForce ? 'signs' : 'waits' }
    },
  }
}
