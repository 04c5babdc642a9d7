/**
 * The parts of the built-in certificate authority, joined. Beside the control plane's stages; sees only the platform.
 *
 *   call ─▶ authenticate ─▶ proof ─▶ CSR verified ─▶ gate: bind ▸ build ▸ check ▸ sign ▸ log ─▶ chain
 */

import type { Clock } from '../platform/clock.ts'
import { errorFrom, MeshwrightError } from '../platform/errors.ts'
import type { Log } from '../platform/log.ts'
import { randomBytesFromPage } from '../platform/random-bytes.ts'
import { isTrustDomain, type SpiffeId } from '../platform/spiffe.ts'
import { type Admission, createAdmission, defaultAdmissionLimits } from './admission/admission.ts'
import { type Agents, createAgents } from './agents/agents.ts'
import { witnessByAgents } from './agents/witnessing.ts'
import { proveByAdministrator } from './authenticate/administrator.ts'
import { callerAuthenticators } from './authenticate/callers.ts'
import { delegateAuthorizer } from './authenticate/delegates.ts'
import type { NodeAuthorizer } from './authenticate/node-proxy.ts'
import { createGate } from './certificates/issue.ts'
import { type KeyRules, warnOfEd25519 } from './certificates/public-key.ts'
import { defaultTtlLimits, type TtlLimits } from './certificates/ttl.ts'
import { createCryptography } from './cryptography/cryptography.ts'
import { type Custody, createCustody } from './custody/custody.ts'
import { createFederation, type Federation } from './federation/federation.ts'
import { publishedRefreshHintSeconds } from './federation/spiffe-bundle.ts'
import type { IssuedChain } from './issuers/issuer.ts'
import { createRootSuccession, type OfferedSigner, type SuccessionStatus } from './issuers/root-succession.ts'
import { openSigning, type Signing } from './issuers/signing.ts'
import { createJoinTokens, type JoinTokens, tokenSigningKey } from './join-tokens.ts'
import type { OwnedTransparencyLog } from './log/create-transparency-log.ts'
import type { CaCounters } from './metrics.ts'
import { type AuthorityLists, createAuthorityLists } from './revocation/authority-lists.ts'
import { requireNotRevoked } from './revocation/bans.ts'
import { createRevocations } from './revocation/create-revocations.ts'
import type { Revocations } from './revocation/revocations.ts'
import { pinnableRoots, presentedRoots, type RootsToPresent } from './rotation/presented-roots.ts'
import { createRootRenewal } from './rotation/root-renewal.ts'
import { createRotation, type RootRotation } from './rotation/rotation.ts'
import { openSecretSealer } from './sealed-secrets.ts'
import { keptServerCertificate } from './server-certificate/kept-server-certificate.ts'
import { createServerCertificates, type ServerCertificates } from './server-certificate/server-certificate.ts'
import { serverCertificatesFromFiles } from './server-certificate/server-certificate-files.ts'
import { serverNames } from './server-certificate/server-names.ts'
import { createCertificateRequests } from './service/certificate-requests.ts'
import { certificateService, type UnaryMethod } from './service/certificate-service.ts'
import { legacyCsrService } from './service/legacy-csr-service.ts'
import { createRenewalSchedule } from './service/renewal-schedule.ts'
import type { CaSettings } from './settings.ts'
import type { CaStore } from './store/store.ts'
import { createExpiryWatch } from './trust/expiry-warnings.ts'
import { type TrustMetrics, trustMetrics } from './trust/trust-metrics.ts'
import { rootsPemOf } from './trust/trust-state.ts'
import type { OwnedTrustStore } from './trust/trust-store.ts'

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

/** The parts of an authority that is open. */
export interface AuthorityParts {
  readonly signing: Signing
  readonly joinTokens: JoinTokens
  readonly server: ServerCertificates
  readonly service: UnaryMethod
  readonly legacyService: UnaryMethod
  readonly admission: Admission
  readonly agents: Agents
  readonly rotation: RootRotation
  readonly succession: () => SuccessionView | undefined
  readonly revocations: Revocations
  readonly custody: Custody
  readonly lists: AuthorityLists
  readonly federation: Federation
  readonly issueForAdministrator: (request: AdministratorIssue) => Promise<AdministratorIssued>
  readonly trustMetrics: () => TrustMetrics
  readonly clockJumped: (jumpMs: number) => void
  readonly start: () => Promise<void>
  readonly stop: () => Promise<void>
}

/** Opens what is kept and joins the parts; nothing runs before `start`. */
export async function openAuthority(
  options: CertificateAuthorityOptions,
  { trust, transparency }: { readonly trust: OwnedTrustStore; readonly transparency: OwnedTransparencyLog },
  counters: CaCounters,
): Promise<AuthorityParts> {
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
    rootFingerprints: () => pinnableRoots(toPresent()),
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
  const names = serverNames(options.serverNames)
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
