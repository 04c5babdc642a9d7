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

/** What is edited; the generation is the store's. */
export type TrustContent = Omit<TrustState, 'generation'>

/** Owned by the authority; changed by rotation, revocation and federation, read by servers, services and agents. */
export interface TrustStore {
  /** Throws `CA_NOT_READY` before the authority has started. */
  current(): TrustState
  /**
   * Edits run one after another, each on what the one before left. Persists first; handlers run when it is on disk. An
   * edit that changes nothing keeps the generation and calls nobody. What `edit` throws is thrown and changes nothing.
   */
  change(edit: (content: TrustContent) => TrustContent): Promise<TrustState>
  /** Returns how to stop that. */
  onChange(handler: (state: TrustState) => void): () => void
}

/** The roots of the own trust domain, concatenated. */
export function rootsPemOf(state: Pick<TrustState, 'roots'>): string {
  return state.roots.map(root => root.pem).join('')
}

/** One CRL an issuer, concatenated; empty: none are to be enforced. */
export function crlsPemOf(state: Pick<TrustState, 'crls'>): string {
  return state.crls.map(crl => crl.pem).join('')
}
