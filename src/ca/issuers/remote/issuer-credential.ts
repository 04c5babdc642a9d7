/** What this daemon shows to the authority that signs for it, and when that ends: for metrics, warnings and `ca doctor`. */

import type { Log } from '../../../platform/log.ts'

export interface IssuerCredential {
  readonly kind: 'certificate' | 'token'
  /** Undefined: it has no end, or none that can be read from it. */
  readonly notAfterMs: number | undefined
  /** From its begin; undefined as above. */
  readonly lifeMs: number | undefined
  /** Who gets the next one: this daemon, or whoever puts the files in place. */
  readonly renewedBy: 'us' | 'others'
  /** Why it could not be renewed or read; '' when nothing is wrong. */
  readonly fault: string
}

/** `soon`: a quarter of its life is left. */
export type CredentialState = 'good' | 'soon' | 'ended'

export function credentialState({ notAfterMs, lifeMs }: IssuerCredential, nowMs: number): CredentialState {
  if (notAfterMs === undefined) return 'good'
  const leftMs = notAfterMs - nowMs
  if (leftMs <= 0) return 'ended'
  return lifeMs !== undefined && leftMs < lifeMs / 4 ? 'soon' : 'good'
}

/** Logs each that ends soon or has ended, once in each of the two. */
export function credentialWatch(log: Log): (credentials: readonly IssuerCredential[], nowMs: number) => void {
  const said = new Set<string>()
  return (credentials, nowMs) => {
    for (const credential of credentials) {
      const { kind, notAfterMs, fault } = credential
      const state = credentialState(credential, nowMs)
      const key = `${kind} ${notAfterMs} ${state}`
      if (state === 'good' || notAfterMs === undefined || said.has(key)) continue
      said.add(key)
      const facts = { kind, notAfter: isoFrom(notAfterMs), ...(fault === '' ? {} : { reason: fault }) }
      if (state === 'ended') log.error(facts, 'what is shown to the issuer has ended')
      else log.warn(facts, 'what is shown to the issuer ends soon')
    }
  }
}

/** In words, those that somebody has to look after. */
export function credentialWarnings(credentials: readonly IssuerCredential[], nowMs: number): readonly string[] {
  return credentials.flatMap(credential => {
    const { kind, notAfterMs, fault } = credential
    const state = credentialState(credential, nowMs)
    if (state === 'good' && fault === '') return []
    const ends = notAfterMs === undefined ? '' : ` ${state === 'ended' ? 'ended' : 'ends'} at ${isoFrom(notAfterMs)}`
    const why = fault === '' ? '' : `: ${fault}`
    return [`the ${kind} that is shown to the issuer${ends}${why}`]
  })
}

const isoFrom = (ms: number): string => new Date(ms).toISOString()
