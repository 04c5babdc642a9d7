/** The authority as an intermediate of a root that is kept elsewhere, as the management side sees it. */

export interface IntermediateView {
  /** PEM of a signing request. Throws `CA_REQUEST_REFUSED`. */
  request(): Promise<string>
  /** Throws `CA_REQUEST_REFUSED`, `CA_CHAIN_INVALID`. */
  install(chainPem: string): Promise<InstalledIntermediate>
}

export interface InstalledIntermediate {
  readonly subject: string
  readonly notAfter: string
  readonly root: string
  /** `waits`: until everybody trusts its root. */
  readonly use: 'signs' | 'waits'
}
