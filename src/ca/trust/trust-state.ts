/** What everybody is to trust now. One value with a generation, so that "everybody has it" is a question with an answer. */

export interface TrustState {
  /** Grows with every change; persisted, so also over restarts. */
  readonly generation: number
  /** Roots of the own trust domain, PEM blocks, in a stable order. */
  readonly roots: readonly TrustedRoot[]
  readonly federated: readonly FederatedBundle[]
  /**
   * Empty, or one for every issuer whose leaves are accepted: with any CRL in the context Envoy refuses the leaves of an
   * issuer without one.
   */
  readonly crls: readonly IssuerCrl[]
}

export interface TrustedRoot {
  /** SHA-256 of the DER, lower-case hexadecimal. */
  readonly fingerprint: string
  readonly pem: string
}

export interface FederatedBundle {
  readonly trustDomain: string
  readonly rootsPem: string
}

export interface IssuerCrl {
  /** Fingerprint of the issuer's certificate. */
  readonly issuerFingerprint: string
  readonly pem: string
  readonly nextUpdateMs: number
}

/** Owned by the authority; changed by rotation, revocation and federation, read by servers, services and agents. */
export interface TrustStore {
  current(): TrustState
  /** Persists first; handlers run when it is on disk. `edit` gets the state without its generation. */
  change(edit: (state: Omit<TrustState, 'generation'>) => Omit<TrustState, 'generation'>): Promise<TrustState>
  onChange(handler: (state: TrustState) => void): () => void
}
