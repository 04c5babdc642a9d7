/** What the authority hands out beside the agents: its bundle, other trust domains' roots, certificates for files. */

export interface DistributionView {
  bundle(format: BundleFormat): PublishedBundle
  /** In the order of the settings. */
  federation(): readonly FederatedDomainView[]
  /** Whoever asks has the admin credential. */
  issue(request: IssueRequest): Promise<IssuedCertificateView>
}

/** `pem`: concatenated certificates; `spiffe`: the SPIFFE bundle format. */
export type BundleFormat = 'pem' | 'spiffe'

export interface PublishedBundle {
  readonly body: string
  readonly contentType: string
  /** Another one for other content, quoted as HTTP wants it. */
  readonly etag: string
  /** How long it may be kept without asking. */
  readonly maxAgeSeconds: number
}

export interface FederatedDomainView {
  readonly trustDomain: string
  /** A file's path or an endpoint's URL. */
  readonly from: string
  /** Fingerprints of the roots in force; none: nobody of it is admitted. */
  readonly roots: readonly string[]
  /** When good roots were last seen there, in this run. */
  readonly lastGoodAt?: string
  /** Why the latest try gave none. */
  readonly fault?: string
}

export interface IssueRequest {
  readonly namespace: string
  readonly serviceAccount: string
  /** PEM. */
  readonly csr: string
  /** 0: the default. */
  readonly ttlSeconds: number
  readonly peerAddress: string
}

export interface IssuedCertificateView {
  readonly identity: string
  readonly serialNumber: string
  readonly notAfter: string
  /** PEM: the leaf, then its intermediates. */
  readonly certificateChain: string
  /** PEM. */
  readonly roots: string
}
