/** The built-in certificate authority as the daemon sees it: started, asked and ended as one. Its parts are joined in `authority-parts.ts`. */

import { MeshwrightError } from '../platform/errors.ts'
import type { RpcMethod } from '../platform/rpc.ts'
import { attendPath } from './agents/agent-messages.ts'
import type { Agents } from './agents/agents.ts'
import {
  type AdministratorIssue,
  type AdministratorIssued,
  type AuthorityParts,
  type CertificateAuthorityOptions,
  openAuthority,
  type SuccessionView,
} from './authority-parts.ts'
import type { Custody } from './custody/custody.ts'
import type { Federation } from './federation/federation.ts'
import type { InstalledSigner, IntermediateMode } from './issuers/intermediate/intermediate-mode.ts'
import { credentialMetrics } from './issuers/remote/credential-metrics.ts'
import type { IssuerCredential } from './issuers/remote/issuer-credential.ts'
import type { Signing, SigningValidity } from './issuers/signing.ts'
import type { CreatedJoinToken, JoinTokenRequest } from './join-tokens.ts'
import { createTransparencyLog } from './log/create-transparency-log.ts'
import type { TransparencyLog } from './log/transparency-log.ts'
import { type CaMetrics, expiryMetrics, zeroCounters } from './metrics.ts'
import type { AuthorityLists } from './revocation/authority-lists.ts'
import type { Revocations } from './revocation/revocations.ts'
import type { RootRotation } from './rotation/rotation.ts'
import type { ServerCertificate } from './server-certificate/server-certificate.ts'
import { createCertificatePath } from './service/certificate-messages.ts'
import type { UnaryMethod } from './service/certificate-service.ts'
import { handleCsrPath } from './service/legacy-csr-messages.ts'
import type { Issuance, StoredJoinToken } from './store/store.ts'
import { rootsPemOf, type TrustStore } from './trust/trust-state.ts'
import { createTrustStore } from './trust/trust-store.ts'

export interface CertificateAuthority {
  /** Opens or makes the root and the daemon's own certificate. Everything below throws `CA_NOT_READY` before it. */
  start(): Promise<void>
  stop(): Promise<void>
  /** The wall clock has been set: looks again at everything that waits for a date. See platform/clock-jumps.ts. */
  clockJumped(jumpMs: number): void
  /** What everybody is to trust. Changes of it reach servers, answers, join tokens and agents. */
  readonly trust: TrustStore
  readonly transparency: TransparencyLog
  /** Those that attend: told of the trust and of renewals, and heard. */
  readonly agents: Agents
  readonly rotation: RootRotation
  /** How roots that others make follow one another; undefined: they are made here. */
  succession(): SuccessionView | undefined
  readonly revocations: Revocations
  /** What agents keep, so that a restore does not bring back what was revoked. */
  readonly custody: Custody
  /** The lists of what is revoked. */
  readonly lists: AuthorityLists
  /** Other trust domains. */
  readonly federation: Federation
  /** The roots in it of the own trust domain. */
  trustBundlePem(): string
  /** SHA-256 of the root that signs: lower-case hexadecimal. */
  rootFingerprintSha256(): string
  /** The certificate in force for the daemon's own TLS servers. */
  issueServerCertificate(): Promise<ServerCertificate>
  onServerCertificate(handler: (certificate: ServerCertificate) => void): () => void
  /** What is shown to whoever signs elsewhere; none when the key is here. */
  issuerCredentials(): readonly IssuerCredential[]
  /** When what signs ends; undefined: that is not known yet. */
  signingChain(): SigningValidity | undefined
  /** PEM of a request for the key of this authority, to be signed elsewhere. Throws `CA_REQUEST_REFUSED`. */
  requestIntermediate(): Promise<string>
  /** Takes the answer over. Throws `CA_REQUEST_REFUSED`, `CA_CHAIN_INVALID`. */
  installIntermediate(chainPem: string): Promise<InstalledSigner>
  createJoinToken(request: JoinTokenRequest): Promise<CreatedJoinToken>
  /** Those that have not expired. */
  joinTokens(): readonly StoredJoinToken[]
  /** Throws `JOIN_TOKEN_UNKNOWN`. */
  revokeJoinToken(id: string): Promise<void>
  /**
   * A certificate for a workload that has no agent, asked for by an administrator. Throws what the gate throws,
   * `SPIFFE_ID_INVALID` and `CA_CSR_INVALID`.
   */
  issueForAdministrator(request: AdministratorIssue): Promise<AdministratorIssued>
  /** The latest first. */
  issuances(limit: number): readonly Issuance[]
  metrics(): CaMetrics
  /** For the TLS port. */
  readonly methods: readonly RpcMethod[]
}

export function createCertificateAuthority(options: CertificateAuthorityOptions): CertificateAuthority {
  const counters = zeroCounters()
  const trust = createTrustStore({ records: options.store, log: options.log })
  const transparency = createTransparencyLog(options)
  let opened: AuthorityParts | undefined
  const ready = (): AuthorityParts => {
    if (opened !== undefined) return opened
    throw new MeshwrightError('CA_NOT_READY', { message: 'the certificate authority has not started' })
  }
  const legacyMethods: readonly RpcMethod[] =
    options.settings?.callers?.legacyCsrService === true ? [onceOpen(handleCsrPath, () => ready().legacyService)] : []
  return {
    async start() {
      opened ??= await openAuthority(options, { trust, transparency }, counters)
      await opened.server.current()
      await opened.start()
    },
    async stop() {
      await opened?.stop()
      transparency.stop()
      opened = undefined
    },
    clockJumped: jumpMs => ready().clockJumped(jumpMs),
    trust,
    transparency,
    get agents() {
      return ready().agents
    },
    get rotation() {
      return ready().rotation
    },
    succession: () => ready().succession(),
    get revocations() {
      return ready().revocations
    },
    get custody() {
      return ready().custody
    },
    get lists() {
      return ready().lists
    },
    get federation() {
      return ready().federation
    },
    trustBundlePem: () => rootsPemOf(trust.current()),
    rootFingerprintSha256: () => ready().signing.signingRoot(),
    issuerCredentials: () => ready().signing.credentials(),
    signingChain: () => ready().signing.notAfter(),
    requestIntermediate: async () => intermediateOf(ready().signing).request(),
    installIntermediate: async chainPem => intermediateOf(ready().signing).install(chainPem),
    issueServerCertificate: async () => ready().server.current(),
    onServerCertificate: handler => ready().server.onRenewal(handler),
    createJoinToken: async request => ready().joinTokens.create(request),
    joinTokens: () => ready().joinTokens.list(),
    revokeJoinToken: async id => ready().joinTokens.revoke(id),
    issueForAdministrator: async request => ready().issueForAdministrator(request),
    issuances: limit => options.store.issuances(limit),
    metrics: () => ({
      ...counters,
      ...expiryMetrics(ready().signing.notAfter(), options.clock.now()),
      ...credentialMetrics(ready().signing),
      ...transparency.metrics(),
      ...ready().trustMetrics(),
      ...ready().admission.metrics(),
      ...ready().federation.metrics(),
    }),
    methods: [
      onceOpen(createCertificatePath, () => ready().service),
      ...legacyMethods,
      { kind: 'duplex', path: attendPath, handle: stream => ready().agents.handle(stream) },
    ],
  }
}

/** `service` throws `CA_NOT_READY` until the authority has started. */
function onceOpen(path: string, service: () => UnaryMethod): RpcMethod {
  return {
    kind: 'unary',
    path,
    admit: caller => service().admit?.(caller),
    handle: async call => service().handle(call),
  }
}

function intermediateOf({ intermediate }: Signing): IntermediateMode {
  if (intermediate !== undefined) return intermediate
  throw new MeshwrightError('CA_REQUEST_REFUSED', {
    message: 'this authority is not an intermediate of a root that is kept elsewhere',
    remedy: 'Set `issuer: { kind: intermediate }` in the settings (docs/ca.md), and start again.',
  })
}
