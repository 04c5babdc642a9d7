/** What state the authority is in and what is to be done about it. Pure: facts in, findings out. */

import type { IssuerCredential } from '../issuers/remote/issuer-credential.ts'
import type { LogStatus } from '../log/transparency-log.ts'
import type { IssuerKind } from '../settings/issuer.ts'
import { dayMs, type Urgency, urgencyOfEnd } from './remaining-life.ts'

export interface Finding {
  readonly state: Urgency
  /** What it is about: `root`, `signer`, `server certificate`, `issuer credential`, `lists`, `log`, `restore`, `rotation`, `agents`. */
  readonly subject: string
  readonly notAfterMs: number | undefined
  readonly message: string
  /** '' when there is nothing to do. */
  readonly remedy: string
}

export interface AuthorityFacts {
  readonly nowMs: number
  readonly issuerKind: IssuerKind
  readonly roots: readonly (Validity & { readonly fingerprint: string; readonly use: 'signs' | 'is trusted' })[]
  /** Undefined: nobody knows yet. */
  readonly signer: Validity | undefined
  readonly server: Validity & { readonly from: 'issuer' | 'files' }
  readonly credentials: readonly IssuerCredential[]
  /** When proxies would refuse everybody without a newer list; undefined: no lists are in force. */
  readonly listsEndMs: number | undefined
  readonly log: Pick<LogStatus, 'size' | 'forgotten' | 'restorePending' | 'alarms' | 'lastAudit'>
  /** Undefined: none is under way. */
  readonly change: { readonly what: string; readonly lagging: number } | undefined
  readonly agents: { readonly attending: number; readonly withNewestTrust: number }
}

export interface Validity {
  /** Undefined: it is not known. */
  readonly notBeforeMs: number | undefined
  readonly notAfterMs: number
}

/** Each subject at least once, in a fixed order. */
export function diagnose(facts: AuthorityFacts): readonly Finding[] {
  return [
    ...facts.roots.map(root => rootFinding(root, facts)),
    signerFinding(facts),
    serverFinding(facts),
    ...facts.credentials.map(credential => credentialFinding(credential, facts)),
    listsFinding(facts),
    ...logFindings(facts),
    changeFinding(facts),
    agentsFinding(facts),
  ]
}

function rootFinding(root: AuthorityFacts['roots'][number], { nowMs, issuerKind }: AuthorityFacts): Finding {
  const state = stateOf(root, nowMs)
  const remedies: Readonly<Record<AuthorityFacts['roots'][number]['use'], string>> = {
    signs: isOwn(issuerKind)
      ? 'It should have been renewed by itself: see the daemon’s log, or replace it with `meshwright ca rotate`.'
      : 'Replace the root where it is made; the daemon takes the new one over by itself.',
    'is trusted': 'Nothing, if nothing leads to it any more; `meshwright ca status` shows what it waits for.',
  }
  const message = `the root ${root.fingerprint.slice(0, 16)} ${root.use} and ${endText(root.notAfterMs, nowMs)}`
  return finding('root', state, message, { notAfterMs: root.notAfterMs, remedy: remedies[root.use] })
}

function signerFinding({ signer, issuerKind, nowMs }: AuthorityFacts): Finding {
  if (signer === undefined) {
    const remedy = 'Ask for a certificate once, or see the daemon’s log for what the issuer answers.'
    return finding('signer', 'notice', 'nothing was signed yet, so that its end is not known', { remedy })
  }
  const message = `the chain above the certificates ${endText(signer.notAfterMs, nowMs)}`
  const remedy = signerRemedies[issuerKind]
  return finding('signer', stateOf(signer, nowMs), message, { notAfterMs: signer.notAfterMs, remedy })
}

const signerRemedies: Readonly<Record<IssuerKind, string>> = {
  'self-signed': 'Replace the root with `meshwright ca rotate`.',
  'plug-in': 'Put a whole new set of files into the directory.',
  intermediate: 'Have the request that `meshwright ca csr` prints signed, and run `meshwright ca install`.',
  upstream: 'See to the authority above: its own chain ends.',
  vault: 'See to the mount of Vault: its issuing certificate ends.',
}

function serverFinding({ server, nowMs }: AuthorityFacts): Finding {
  const remedy =
    server.from === 'files'
      ? 'Put a new certificate and its key into the files that issuer.server names.'
      : 'It should have been renewed by itself: see the daemon’s log for what the issuer answers.'
  const message = `the daemon’s own certificate ${endText(server.notAfterMs, nowMs)}`
  return finding('server certificate', stateOf(server, nowMs), message, { notAfterMs: server.notAfterMs, remedy })
}

function credentialFinding(credential: IssuerCredential, { nowMs }: AuthorityFacts): Finding {
  const { kind, notAfterMs, lifeMs, fault, renewedBy } = credential
  const byEnd = notAfterMs === undefined ? 'good' : urgencyOfEnd(notAfterMs - nowMs, lifeMs)
  const state = byEnd === 'good' && fault !== '' ? 'warning' : byEnd
  const end = notAfterMs === undefined ? 'has no end that is known' : endText(notAfterMs, nowMs)
  const why = fault === '' ? '' : ` (${fault})`
  const remedy =
    renewedBy === 'others'
      ? 'Put a new one into its file.'
      : 'See that the issuer is reached and renews it; or put a new one into its files.'
  return finding('issuer credential', state, `the ${kind} for the issuer ${end}${why}`, { notAfterMs, remedy })
}

function listsFinding({ listsEndMs, nowMs }: AuthorityFacts): Finding {
  if (listsEndMs === undefined) return finding('lists', 'good', 'no lists of revoked certificates are in force')
  const leftMs = listsEndMs - nowMs
  const state = leftMs < dayMs ? 'urgent' : leftMs < 2 * dayMs ? 'warning' : 'good'
  const message = `the lists of what is revoked hold until ${isoFrom(listsEndMs)}`
  const remedy = 'They should have been made anew by themselves: see the daemon’s log.'
  return finding('lists', state, message, { notAfterMs: listsEndMs, remedy })
}

function logFindings({ log }: AuthorityFacts): readonly Finding[] {
  const { alarms, lastAudit, restorePending, size, forgotten } = log
  const found: Finding[] = []
  if (restorePending !== undefined) {
    const remedy = 'Revoke again what was revoked since, then run `meshwright ca confirm-restore`.'
    found.push(finding('restore', 'urgent', `nothing is issued: ${restorePending.reason}`, { remedy }))
  }
  const look = 'Run `meshwright ca log verify`, keep a copy of the data directory, and find out who changed it.'
  const [alarm] = alarms
  if (alarm !== undefined) {
    const message = `${alarms.length} kept checkpoints disagree, the last: ${alarm.kind}, from ${alarm.from}`
    found.push(finding('log', 'urgent', message, { remedy: look }))
  }
  const faults = lastAudit?.faults ?? []
  if (faults[0] !== undefined) found.push(finding('log', 'urgent', `it was changed: ${faults[0]}`, { remedy: look }))
  if (found.some(({ subject }) => subject === 'log')) return found
  const audited = lastAudit === undefined ? 'not audited since the start' : `audited at ${isoFrom(lastAudit.atMs)}`
  const pruned = forgotten === 0 ? '' : `, ${forgotten} of them forgotten`
  return [...found, finding('log', 'good', `${size} entries${pruned}, ${audited}`)]
}

function changeFinding({ change }: AuthorityFacts): Finding {
  if (change === undefined) return finding('rotation', 'good', 'no change of the root is under way')
  const { what, lagging } = change
  const remedy = 'See `meshwright ca status` for who lags and why.'
  return lagging === 0
    ? finding('rotation', 'good', what)
    : finding('rotation', 'notice', `${what}, waits for ${lagging}`, { remedy })
}

function agentsFinding({ agents: { attending, withNewestTrust } }: AuthorityFacts): Finding {
  const message = `${attending} attend, ${withNewestTrust} of them with the newest trust`
  const remedy = 'A while after a change some lag; `meshwright get proxies` and the agents’ logs say which and why.'
  return finding('agents', withNewestTrust < attending ? 'notice' : 'good', message, { remedy })
}

function finding(
  subject: string,
  state: Urgency,
  message: string,
  more: { readonly notAfterMs?: number | undefined; readonly remedy?: string } = {},
): Finding {
  const { notAfterMs, remedy = '' } = more
  return { subject, state, message, notAfterMs, remedy: state === 'good' ? '' : remedy }
}

function stateOf({ notBeforeMs, notAfterMs }: Validity, nowMs: number): Urgency {
  return urgencyOfEnd(notAfterMs - nowMs, notBeforeMs === undefined ? undefined : notAfterMs - notBeforeMs)
}

function endText(notAfterMs: number, nowMs: number): string {
  const leftMs = notAfterMs - nowMs
  if (leftMs <= 0) return `ended at ${isoFrom(notAfterMs)}`
  const days = Math.floor(leftMs / dayMs)
  return days < 2 ? `ends in ${Math.floor(leftMs / hourMs)} hours` : `ends in ${days} days`
}

const isOwn = (kind: IssuerKind): boolean => kind === 'self-signed'
const hourMs = 3_600_000
const isoFrom = (ms: number): string => new Date(ms).toISOString()
