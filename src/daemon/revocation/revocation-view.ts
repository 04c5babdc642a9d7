/** Revocation as operators see it: orders in their words, and reports that say what is true. */

import type {
  DrainReport,
  EnforcementPath,
  RevocationEntry,
  RevocationReport,
  RevocationView,
  RevokeRequest,
  UnreachableProxy,
} from '../../admin/revocation-view.ts'
import type { CertificateAuthority } from '../../ca/certificate-authority.ts'
import { isRevocationReason, revocationReasons } from '../../ca/revocation/reasons.ts'
import type {
  Revocation,
  RevocationOrder,
  RevocationTarget,
  RevokedCertificate,
} from '../../ca/revocation/revocation.ts'
import type { Clock } from '../../platform/clock.ts'
import { MeshwrightError } from '../../platform/errors.ts'
import { parseSpiffeId } from '../../platform/spiffe.ts'
import type { AbsentProxies } from './absent-proxies.ts'
import { drainMsOf } from './drain-time.ts'
import type { RevocationControl } from './revocation-control.ts'
import type { ProxyEnforcement } from './revocation-enforcement.ts'
import type { RevocationMetrics } from './revocation-metrics.ts'

export interface RevocationViewOptions {
  readonly ca: Pick<CertificateAuthority, 'revocations' | 'lists' | 'custody'>
  readonly control: RevocationControl
  readonly absent: AbsentProxies
  readonly metrics: RevocationMetrics
  readonly clock: Clock
}

export function revocationView(options: RevocationViewOptions): RevocationView {
  const { ca, control, clock } = options
  return {
    revoke: request => revoke(options, request),
    async unrevoke({ kind, value, timeoutMs }) {
      const begin = clock.monotonicMs()
      const { outcome, proxies } = await control.lift(targetFrom(kind, value), timeoutMs)
      return {
        lifted: outcome.lifted.length,
        released: outcome.released,
        staying: outcome.staying,
        proxies: proxies.length,
        current: proxies.filter(({ lacks }) => lacks === '').length,
        tookMs: Math.round(clock.monotonicMs() - begin),
      }
    },
    list() {
      const byRevocation = Map.groupBy(ca.revocations.certificates(), ({ revocationId }) => revocationId)
      const revocations = ca.revocations.list().map(one => entryOf(one, byRevocation.get(one.id) ?? []))
      return { enforcement: enforcementText(ca), revocations }
    },
    crls: () =>
      ca.lists.all().map(({ issuerFingerprint, pem, nextUpdateMs }) => ({
        issuerFingerprint,
        pem,
        nextUpdate: new Date(nextUpdateMs).toISOString(),
      })),
    ocsp: request => ca.lists.ocsp(request),
  }
}

/** Agents write it while proxies confirm; who is not there by then is not waited for. */
const keptWithinMs = 2_000

async function revoke(options: RevocationViewOptions, request: RevokeRequest): Promise<RevocationReport> {
  const { control, absent, ca, metrics, clock } = options
  const begin = clock.monotonicMs()
  const result = await control.revoke(orderFrom(request), {
    withinMs: request.timeoutMs,
    silentConnections: request.deadlineMs === undefined ? 'left' : 'drained',
  })
  const tookMs = Math.round(clock.monotonicMs() - begin)
  const kept = await ca.custody.kept(Math.min(keptWithinMs, Math.max(0, request.timeoutMs - tookMs)))
  const { proxies } = result
  // Whom the order itself has cut off is not missed.
  const revoked = new Set(ca.revocations.withdrawn().map(({ nodeId }) => nodeId))
  const missed = absent.list().filter(({ node }) => !revoked.has(node))
  const enforced = proxies.filter(({ lacks }) => lacks === '')
  const unreachable = [
    ...proxies.flatMap(({ node, identity, lacks }) => (lacks === '' ? [] : [{ node, identity, reason: lacks }])),
    ...missed.map(({ node, identity, sinceMs }): UnreachableProxy => {
      return { node, identity, reason: `it is not connected since ${new Date(sinceMs).toISOString()}` }
    }),
  ]
  const drain = request.deadlineMs === undefined ? undefined : drainReport(proxies, tookMs, request.deadlineMs)
  const isEnforced = unreachable.length === 0 && drain?.isWithinDeadline !== false
  metrics.revoked(isEnforced ? 'enforced' : 'incomplete', tookMs)
  return {
    id: result.id,
    certificates: result.certificates,
    connectionsCut: result.connectionsCut,
    proxies: proxies.length + missed.length,
    enforced: enforced.length,
    tookMs,
    paths: pathsOf(enforced, ca),
    unreachable,
    kept,
    ...(drain === undefined ? {} : { drain }),
    isEnforced,
  }
}

function drainReport(proxies: readonly ProxyEnforcement[], tookMs: number, deadlineMs: number): DrainReport {
  const endsAfterMs = tookMs + Math.max(0, ...proxies.map(({ metadata }) => drainMsOf(metadata)))
  return { proxies: proxies.length, endsAfterMs, isWithinDeadline: endsAfterMs <= deadlineMs }
}

function pathsOf(enforced: readonly ProxyEnforcement[], { lists }: RevocationViewOptions['ca']): EnforcementPath[] {
  const coverage = lists.coverage()
  const attended = enforced.filter(({ agent }) => agent === 'attends').length
  const byLists = coverage.kind === 'lists' ? attended : 0
  const reason =
    coverage.kind === 'filters-only'
      ? coverage.reason
      : coverage.kind === 'idle'
        ? 'no certificate was in use'
        : 'no agent that takes revocation lists'
  const paths: EnforcementPath[] = [
    { path: 'crl+rbac', proxies: byLists, reason: '' },
    { path: 'rbac', proxies: enforced.length - byLists, reason },
  ]
  return paths.filter(({ proxies }) => proxies > 0)
}

function enforcementText({ lists }: RevocationViewOptions['ca']): string {
  const coverage = lists.coverage()
  switch (coverage.kind) {
    case 'idle':
      return 'nothing is revoked'
    case 'lists':
      return 'crl+rbac'
    case 'filters-only':
      return `rbac (${coverage.reason})`
  }
}

function entryOf(revocation: Revocation, certificates: readonly RevokedCertificate[]): RevocationEntry {
  const { id, kind, value, reason, revokedAtMs, banUntilMs, liftedAtMs } = revocation
  return {
    id,
    kind,
    value,
    reason,
    revokedAt: new Date(revokedAtMs).toISOString(),
    ...(banUntilMs === undefined ? {} : { until: new Date(banUntilMs).toISOString() }),
    ...(liftedAtMs === undefined ? {} : { liftedAt: new Date(liftedAtMs).toISOString() }),
    certificates: certificates
      .map(({ serialNumber, identity, notAfterMs }) => ({
        serialNumber,
        identity,
        notAfter: new Date(notAfterMs).toISOString(),
      }))
      .sort((a, b) => (a.serialNumber < b.serialNumber ? -1 : 1)),
  }
}

function orderFrom({ kind, value, reason, untilMs }: RevokeRequest): RevocationOrder {
  if (!isRevocationReason(reason)) {
    throw new MeshwrightError('REQUEST_INVALID', {
      message: `reason: ${JSON.stringify(reason)} is none of RFC 5280`,
      remedy: `Use ${Object.keys(revocationReasons).join(', ')}.`,
    })
  }
  return { ...targetFrom(kind, value), reason, banUntilMs: untilMs }
}

/** As people copy them: with colons, in either case. */
function targetFrom(kind: RevocationTarget['kind'], value: string): RevocationTarget {
  if (kind === 'identity') return { kind, value: parseSpiffeId(value).uri }
  const hex = value.replaceAll(':', '')
  const isRight = kind === 'serial' ? /^[0-9a-f]{1,40}$/i.test(hex) : /^[0-9a-f]{64}$/i.test(hex)
  if (!isRight) {
    throw new MeshwrightError('REQUEST_INVALID', {
      message: `value: ${JSON.stringify(value)} is no ${kind === 'serial' ? 'serial number' : 'SHA-256 fingerprint'}`,
      remedy: 'Write it in hexadecimal.',
    })
  }
  return { kind, value: kind === 'serial' ? hex.toUpperCase() : hex.toLowerCase() }
}
