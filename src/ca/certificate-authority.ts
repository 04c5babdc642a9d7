/**
 * The built-in certificate authority, wired. Beside the control plane's stages; sees only the platform.
 *
 *   call ─▶ authenticate ─▶ proof ─▶ CSR verified ─▶ gate: bind ▸ build ▸ check ▸ sign ▸ log ─▶ chain
 */

import { randomBytes, X509Certificate } from 'node:crypto'
import { hostname } from 'node:os'
import type { Clock } from '../platform/clock.ts'
import { errorFrom, MeshwrightError } from '../platform/errors.ts'
import type { Log } from '../platform/log.ts'
import { randomBytesFromPage } from '../platform/random-bytes.ts'
import type { RpcMethod } from '../platform/rpc.ts'
import { isTrustDomain, type SpiffeId } from '../platform/spiffe.ts'
import { type Admission, createAdmission, defaultAdmissionLimits } from './admission/admission.ts'
import type { AdmissionMetrics } from './admission/admission-metrics.ts'
import { attendPath } from './agents/agent-messages.ts'
import { type Agents, createAgents } from './agents/agents.ts'
import { witnessByAgents } from './agents/witnessing.ts'
import { proveByAdministrator } from './authenticate/administrator.ts'
import { callerAuthenticators } from './authenticate/callers.ts'
import { delegateAuthorizer } from './authenticate/delegates.ts'
import type { NodeAuthorizer } from './authenticate/node-proxy.ts'
import { isServerName } from './authenticate/own-server.ts'
import { createGate } from './certificates/issue.ts'
import { type KeyRules, warnOfEd25519 } from './certificates/public-key.ts'
import { defaultTtlLimits, type TtlLimits } from './certificates/ttl.ts'
import { createCryptography } from './cryptography/cryptography.ts'
import { type Custody, createCustody } from './custody/custody.ts'
import { createFederation, type Federation, type FederationMetrics } from './federation/federation.ts'
import { publishedRefreshHintSeconds } from './federation/spiffe-bundle.ts'
import type { InstalledSigner, IntermediateMode } from './issuers/intermediate/intermediate-mode.ts'
import type { IssuedChain } from './issuers/issuer.ts'
import { type CredentialMetrics, credentialMetrics } from './issuers/remote/credential-metrics.ts'
import type { IssuerCredential } from './issuers/remote/issuer-credential.ts'
import { createRootSuccession, type OfferedSigner, type SuccessionStatus } from './issuers/root-succession.ts'
import { openSigning, type Signing, type SigningValidity } from './issuers/signing.ts'
import { type CreatedJoinToken, createJoinTokens, type JoinTokenRequest, type JoinTokens } from './join-tokens.ts'
import { createTransparencyLog, type OwnedTransparencyLog } from './log/create-transparency-log.ts'
import type { LogMetrics } from './log/log-metrics.ts'
import type { TransparencyLog } from './log/transparency-log.ts'
import { type CaCounters, type CaMetrics, zeroCounters } from './metrics.ts'
import { type AuthorityLists, createAuthorityLists } from './revocation/authority-lists.ts'
import { requireNotRevoked } from './revocation/bans.ts'
import { createRevocations } from './revocation/create-revocations.ts'
import type { Revocations } from './revocation/revocations.ts'
import { crossCertificates, presentedRoots, type RootsToPresent } from './rotation/presented-roots.ts'
import { createRootRenewal } from './rotation/root-renewal.ts'
import { createRotation, type RootRotation } from './rotation/rotation.ts'
import { openSecretSealer, type SecretSealer } from './sealed-secrets.ts'
import { keptServerCertificate } from './server-certificate/kept-server-certificate.ts'
import {
  createServerCertificates,
  type ServerCertificate,
  type ServerCertificates,
} from './server-certificate/server-certificate.ts'
import { serverCertificatesFromFiles } from './server-certificate/server-certificate-files.ts'
import { createCertificatePath } from './service/certificate-messages.ts'
import { createCertificateRequests } from './service/certificate-requests.ts'
import { certificateService, type UnaryMethod } from './service/certificate-service.ts'
import { handleCsrPath } from './service/legacy-csr-messages.ts'
import { legacyCsrService } from './service/legacy-csr-service.ts'
import { createRenewalSchedule } from './service/renewal-schedule.ts'
import type { CaSettings } from './settings.ts'
import type { CaStore, Issuance, StoredJoinToken } from './store/store.ts'
import { createExpiryWatch } from './trust/expiry-warnings.ts'
import { type TrustMetrics, trustMetrics } from './trust/trust-metrics.ts'
import { rootsPemOf, type TrustStore } from './trust/trust-state.ts'
import { createTrustStore, type OwnedTrustStore } from './trust/trust-store.ts'

export interface CertificateAuthorityOptions {
  readonly store: CaStore
  /** Where the key that seals the secrets in the store lies. */
  readonly directory: string
  readonly clock: Clock
  readonly log: Log
  readonly trustDomain: string
  /** More names (DNS, IP) that the daemon is reached by, beside `standardServerNames` and the host's own name. */
  readonly serverNames: readonly string[]
  readonly limits?: TtlLimits
  readonly settings?: CaSettings
  /** Who says which node proxies may ask for whose certificates; nobody may when absent. */
  readonly nodeAuthorizer?: NodeAuthorizer
}

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

export interface SuccessionView extends SuccessionStatus {
  /** What signs once everybody trusts its root; undefined: nothing waits. */
  readonly next: OfferedSigner | undefined
}

export interface AdministratorIssue {
  readonly namespace: string
  readonly serviceAccount: string
  readonly csrPem: string
  /** Not positive: the default. */
  readonly ttlMs: number
  readonly peerAddress: string
}

export interface AdministratorIssued {
  readonly identity: SpiffeId
  readonly chain: IssuedChain
}

/** What agents of Istio's kind expect to find on their control plane. */
export const standardServerNames: readonly string[] = [
  'localhost',
  '127.0.0.1',
  '::1',
  'istiod.istio-system.svc',
  'istiod.istio-system',
  'istio-pilot.istio-system.svc',
]

export function createCertificateAuthority(options: CertificateAuthorityOptions): CertificateAuthority {
  const counters = zeroCounters()
  const trust = createTrustStore({ records: options.store, log: options.log })
  const transparency = createTransparencyLog(options)
  let opened: Opened | undefined
  const ready = (): Opened => {
    if (opened !== undefined) return opened
    throw new MeshwrightError('CA_NOT_READY', { message: 'the certificate authority has not started' })
  }
  const legacyMethods: readonly RpcMethod[] =
    options.settings?.callers?.legacyCsrService === true ? [onceOpen(handleCsrPath, () => ready().legacyService)] : []
  return {
    async start() {
      opened ??= await open(options, { trust, transparency }, counters)
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
      ...expiries(ready().signing.notAfter(), options.clock.now()),
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

interface Opened {
  readonly signing: Signing
  readonly joinTokens: JoinTokens
  readonly server: ServerCertificates
  readonly service: UnaryMethod
  readonly legacyService: UnaryMethod
  readonly admission: Admission
  readonly agents: Agents
  readonly rotation: RootRotation
  readonly succession: CertificateAuthority['succession']
  readonly revocations: Revocations
  readonly custody: Custody
  readonly lists: AuthorityLists
  readonly federation: Federation
  readonly issueForAdministrator: CertificateAuthority['issueForAdministrator']
  readonly trustMetrics: () => TrustMetrics
  readonly clockJumped: (jumpMs: number) => void
  readonly start: () => Promise<void>
  readonly stop: () => Promise<void>
}

async function open(
  options: CertificateAuthorityOptions,
  { trust, transparency }: { readonly trust: OwnedTrustStore; readonly transparency: OwnedTransparencyLog },
  counters: CaCounters,
): Promise<Opened> {
  const { store, clock, log, trustDomain } = options
  if (!isTrustDomain(trustDomain)) {
    throw new MeshwrightError('SPIFFE_ID_INVALID', {
      message: `${JSON.stringify(trustDomain)} is no trust domain`,
      remedy: 'Use 1 to 255 of a-z, 0-9, dot, dash and underscore.',
    })
  }
  const isFirstStart = store.roots().length === 0 && store.logEpochs().length === 0
  const sealer = openSecretSealer(options.directory, isFirstStart ? 'first-start' : 'existing')
  await transparency.open(sealer)
  const signingKey = await tokenSigningKey(store, sealer)
  const issuerSettings = options.settings?.issuer ?? {}
  const { directory } = options
  const cryptography = createCryptography()
  const signing = await openSigning({
    settings: issuerSettings,
    store,
    sealer,
    directory,
    trustDomain,
    cryptography,
    clock,
    log,
  })
  const { roots } = signing
  await trust.open(() => signing.firstRoots())
  const revocations = createRevocations({
    records: store,
    transparency,
    clock,
    log,
    signerInUse: () => signing.signerInUse(),
  })
  await revocations.open()
  const lists = createAuthorityLists({
    revocations,
    trust,
    signers: () => signing.signers(),
    issuersBehind: root => signing.issuersBehind(root),
    issued: serialNumber => store.issuedCertificate(serialNumber),
    clock,
    log,
  })
  const toPresent = (): RootsToPresent => ({
    trusted: trust.current().roots,
    signing: signing.signingRoot(),
    rotation: store.rotation(),
    retired: store.retiredRoots(),
    nowMs: clock.now(),
  })
  const joinTokens = createJoinTokens({
    store,
    transparency,
    clock,
    trustDomain,
    rootFingerprints: () => pinnable(toPresent()),
    signingKey,
  })
  const gate = createGate({
    issuer: signing.issuer,
    transparency,
    joinTokens,
    bans: revocations,
    clock,
    limits: options.limits ?? defaultTtlLimits,
  })
  const rootBundlePem = (): string => rootsPemOf(trust.current())
  // A host may be called something that no certificate can say; its operator then names it otherwise.
  const ownNames = [hostname()].filter(isServerName)
  const names = [...standardServerNames, ...ownNames, ...options.serverNames]
  const presentedRootsPem = (): string => presentedRoots(toPresent()).join('')
  const server =
    issuerSettings.server === undefined
      ? createServerCertificates({
          gate,
          clock,
          log,
          names,
          presentedRootsPem,
          ...(issuerSettings.vault === undefined ? {} : { kept: keptServerCertificate(directory, sealer) }),
        })
      : serverCertificatesFromFiles({ files: issuerSettings.server, clock, log, presentedRootsPem })
  const agents = createAgents({
    trust,
    trustDomain,
    clock,
    log,
    requireAdmitted: ({ certificate }) => requireNotRevoked(revocations, certificate),
  })
  const custody = createCustody({ agents, records: store, revocations, transparency, clock, log })
  const federationSettings = options.settings?.federation ?? {}
  const shared = { records: store, roots, trust, transparency, clock, log }
  const rotation = createRotation({
    ...shared,
    agents,
    renewServerCertificate: () => server.renew(),
    serverIssuer: () => server.issuerFingerprint(),
    presentAgain: () => server.presentAgain(),
    othersLookWithinMs:
      (federationSettings.trustDomains ?? []).length === 0 ? 0 : 2 * publishedRefreshHintSeconds * 1000,
  })
  const random = (): number => randomBytesFromPage(4).readUInt32BE() / 2 ** 32
  const renewal = createRootRenewal({ ...shared, random })
  const succession = createRootSuccession({
    trust,
    agents,
    records: store,
    renewalWindowMs: (issuerSettings.renewalWindowSeconds ?? 3600) * 1000,
    renewServerCertificate: () => server.renew(),
    serverIssuer: () => server.issuerFingerprint(),
    clock,
    log,
  })
  const keyRules: KeyRules = { ed25519: issuerSettings.allowEd25519 === true ? 'allowed' : 'refused' }
  const limits = { ...defaultAdmissionLimits, ...options.settings?.admission }
  const admission = createAdmission({ limits, clock, random, log })
  const requests = createCertificateRequests({
    authenticators: callerAuthenticators({
      settings: options.settings?.callers ?? {},
      trustDomain,
      joinTokens,
      records: store,
      counters,
      clock,
      log,
    }),
    nodeAuthorizer: options.nodeAuthorizer ?? delegateAuthorizer(options.settings?.callers ?? {}),
    gate,
    admission,
    cryptography,
    keyRules,
    refusals: transparency.refusals,
    counters,
    clock,
    log,
  })
  const federation = createFederation({
    settings: federationSettings,
    trustDomain,
    trust,
    clock,
    random,
    log,
  })
  const expiry = createExpiryWatch({ trust, clock, log })
  const followers = [
    trust.onChange(() => server.presentAgain()),
    agents.follow(),
    witnessByAgents(agents, transparency),
  ]
  return {
    signing,
    joinTokens,
    server,
    agents,
    rotation,
    succession: () => (signing.madeBy === 'us' ? undefined : { ...succession.status(), next: signing.nextSigner() }),
    revocations,
    custody,
    lists,
    federation,
    async issueForAdministrator({ csrPem, ttlMs, ...about }) {
      const proof = proveByAdministrator({ trustDomain, ...about })
      const { publicKey } = await cryptography.verifyCsr(csrPem, keyRules)
      if (publicKey.kind === 'ed25519') warnOfEd25519(log, proof)
      const chain = await gate.issue(proof, publicKey, ttlMs)
      const { serialNumber, notAfterMs } = chain
      log.info(
        { identity: proof.identity.uri, evidence: proof.evidence, serialNumber, notAfterMs },
        'certificate issued',
      )
      return { identity: proof.identity, chain }
    },
    trustMetrics: () => trustMetrics({ trust, agents, rotation, records: store, nowMs: () => clock.now() }),
    clockJumped(jumpMs) {
      server.clockJumped(jumpMs)
      const look = async (): Promise<void> => {
        await lists.publish()
        if (signing.madeBy === 'us') await renewal.check()
      }
      look().catch((thrown: unknown) => log.error({ err: errorFrom(thrown) }, 'not everything follows the clock'))
    },
    async start() {
      lists.start()
      if (signing.madeBy === 'us') await renewal.start()
      signing.start(succession)
      await federation.start()
      expiry.start()
      custody.start()
      rotation.start()
    },
    async stop() {
      for (const unfollow of followers) unfollow()
      revocations.stop()
      lists.stop()
      renewal.stop()
      succession.stop()
      signing.stop()
      federation.stop()
      expiry.stop()
      custody.stop()
      server.stop()
      await rotation.stop()
      await cryptography.stop()
    },
    admission,
    service: certificateService({
      requests,
      rootBundlePem,
      renewals: createRenewalSchedule(random),
      nowMs: () => clock.now(),
    }),
    legacyService: legacyCsrService(requests),
  }
}

/** Who joins may hold on to any of these: SHA-256, lower-case hexadecimal. */
function pinnable(given: RootsToPresent): readonly string[] {
  const crosses = crossCertificates(given).map(pem => new X509Certificate(pem).fingerprint256)
  return [
    ...given.trusted.map(root => root.fingerprint),
    ...crosses.map(text => text.replaceAll(':', '').toLowerCase()),
  ]
}

const tokenKeyName = 'join token signing key'

async function tokenSigningKey(store: CaStore, sealer: SecretSealer): Promise<Buffer> {
  const sealed = store.secret(tokenKeyName)
  if (sealed !== undefined) return sealer.open(tokenKeyName, sealed)
  const key = randomBytes(32)
  await store.addSecret(tokenKeyName, sealer.seal(tokenKeyName, key))
  return key
}

type Expiries = Omit<
  CaMetrics,
  | keyof CaCounters
  | keyof CredentialMetrics
  | keyof LogMetrics
  | keyof TrustMetrics
  | keyof AdmissionMetrics
  | keyof FederationMetrics
>

/** All 0 when nobody knows them yet. */
function expiries(notAfter: ReturnType<Signing['notAfter']>, nowMs: number): Expiries {
  const { rootMs, chainMs } = notAfter ?? { rootMs: nowMs, chainMs: nowMs }
  const timestamp = (ms: number): number => (notAfter === undefined ? 0 : Math.floor(ms / 1000))
  const seconds = (ms: number): number => Math.floor((ms - nowMs) / 1000)
  return {
    citadel_server_root_cert_expiry_timestamp: timestamp(rootMs),
    citadel_server_root_cert_expiry_seconds: seconds(rootMs),
    citadel_server_cert_chain_expiry_timestamp: timestamp(chainMs),
    citadel_server_cert_chain_expiry_seconds: seconds(chainMs),
  }
}

function intermediateOf({ intermediate }: Signing): IntermediateMode {
  if (intermediate !== undefined) return intermediate
  throw new MeshwrightError('CA_REQUEST_REFUSED', {
    message: 'this authority is not an intermediate of a root that is kept elsewhere',
    remedy: 'Set `issuer: { kind: intermediate }` in the settings (docs/ca.md), and start again.',
  })
}
