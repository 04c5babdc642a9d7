/**
 * What stands behind the gate when the authority's roots are not made here: an issuer, and what the rest of the authority
 * has to know of it.
 */

import type { Signer } from '../certificates/signer.ts'
import type { IssuersBehind } from '../revocation/enforced-crls.ts'
import type { TrustedRoot } from '../trust/trust-state.ts'
import type { Issuer } from './issuer.ts'
import type { IssuerCredential } from './remote/issuer-credential.ts'
import type { OfferedSigner, RootSuccession } from './root-succession.ts'

export interface SigningMode {
  readonly issuer: Issuer
  /**
   * Gets ready to issue, as far as that does not need others. `known`: what was trusted when the daemon ran last. Throws
   * what the operator has to mend, and `CA_ISSUER_UNAVAILABLE` when it cannot begin without the other authority.
   */
  open(known: readonly TrustedRoot[]): Promise<void>
  /** From now on roots come and go through `succession`. */
  start(succession: RootSuccession): void
  stop(): void
  /** What is to be trusted for what is issued now. */
  roots(): readonly TrustedRoot[]
  /** Fingerprint of the root that leaves lead to now; '' when that is not known yet. */
  signingRoot(): string
  /** Fingerprint of the certificate that signs leaves now; '' when that is not known yet. */
  signerInUse(): string
  /** What signs once everybody trusts its root; undefined: nothing waits. */
  nextSigner(): OfferedSigner | undefined
  /** Of the chain above the leaves; undefined when it is not known yet. */
  chainNotAfterMs(): number | undefined
  /** Whose key is here. */
  signers(): readonly Signer[]
  /** Who issues leaves under this root; undefined when that cannot be said. */
  issuersBehind(rootFingerprint: string): IssuersBehind | undefined
  /** What is shown to whoever signs elsewhere; absent: nobody does. */
  credentials?(): readonly IssuerCredential[]
  credentialFailures?(): number
}
