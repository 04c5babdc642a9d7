/**
 * Roots of another trust domain from its SPIFFE bundle endpoint, polled as often as it asks for. When it does not answer,
 * or not rightly, the last good roots stay in force. Source: SPIFFE Federation, section 5
 * (https://github.com/spiffe/spiffe/blob/main/standards/SPIFFE_Federation.md).
 */

import { readFileSync } from 'node:fs'
import type { Clock, Timer } from '../../platform/clock.ts'
import { errorFrom } from '../../platform/errors.ts'
import type { GuardedFetch, ServerCheck } from '../../platform/guarded-fetch.ts'
import type { Log } from '../../platform/log.ts'
import type { BundleEndpoint } from '../settings/federation.ts'
import type { BundleSource } from './bundle-source.ts'
import { parseSpiffeBundle, type SpiffeBundle } from './spiffe-bundle.ts'

export interface EndpointSourceOptions {
  readonly trustDomain: string
  readonly endpoint: BundleEndpoint
  /** Its last good roots, concatenated PEM; undefined: none yet. */
  readonly held: () => string | undefined
  readonly fetch: GuardedFetch
  readonly clock: Clock
  /** Uniform in [0, 1). */
  readonly random: () => number
  readonly log: Log
}

export function createEndpointSource(options: EndpointSourceOptions): BundleSource {
  const { trustDomain, endpoint, fetch, clock, random, log } = options
  let timer: Timer | undefined
  let stopped = false
  let lastGoodMs: number | undefined
  let fault = ''
  let failures = 0
  let failuresInRow = 0
  let newest: number | undefined
  /** A sequence below the newest, when the last answer had one. */
  let doubted: number | undefined

  const poll = async (onRoots: (rootsPem: string) => void): Promise<void> => {
    let delayMs: number
    try {
      const server = serverCheck(endpoint, options.held())
      const { body } = await fetch({ url: endpoint.url, server, largestBytes, timeoutMs })
      if (stopped) return
      const bundle = parseSpiffeBundle(body.toString('utf8'))
      if (isNewEnough(bundle)) onRoots(bundle.rootsPem)
      lastGoodMs = clock.now()
      fault = ''
      failuresInRow = 0
      delayMs = pauseAfter(bundle)
    } catch (thrown) {
      if (stopped) return
      failures += 1
      failuresInRow += 1
      fault = errorFrom(thrown).message
      delayMs = Math.min(longestRetryMs, firstRetryMs * 2 ** (failuresInRow - 1))
      log.warn(
        { trustDomain, url: endpoint.url, fault, retryInMs: delayMs },
        'bundle of another trust domain not fetched',
      )
    }
    // Many daemons ask the same endpoint: not all at once.
    timer = clock.after(delayMs * (0.8 + 0.4 * random()), () => void poll(onRoots))
  }

  /**
   * A smaller number is from a server that lags behind, unless it is said twice: then whoever publishes it has begun
   * anew, for instance from a backup.
   */
  const isNewEnough = ({ sequence }: SpiffeBundle): boolean => {
    if (sequence !== undefined && newest !== undefined && sequence < newest && sequence !== doubted) {
      log.warn({ trustDomain, sequence, newest }, 'bundle of another trust domain is older than the one before')
      doubted = sequence
      return false
    }
    newest = sequence
    doubted = undefined
    return true
  }

  return {
    trustDomain,
    start: onRoots => void poll(onRoots),
    stop() {
      stopped = true
      timer?.cancel()
    },
    status: () => ({ from: endpoint.url, lastGoodMs, fault, failures }),
  }
}

const largestBytes = 512 * 1024
const timeoutMs = 15_000
const firstRetryMs = 2_000
const longestRetryMs = 300_000
const shortestPauseSeconds = 10
const longestPauseSeconds = 3_600
/** "If not set, a reasonably low default": section 4.1.2 of the bundle format suggests five minutes. */
const pauseByDefaultSeconds = 300

function pauseAfter({ refreshHintSeconds = pauseByDefaultSeconds }: SpiffeBundle): number {
  return Math.min(longestPauseSeconds, Math.max(shortestPauseSeconds, refreshHintSeconds)) * 1_000
}

/** Files are read each time: whoever renews them need not tell anybody. */
function serverCheck(endpoint: BundleEndpoint, held: string | undefined): ServerCheck {
  const { profile, rootsFile, spiffeId = '', bootstrapFile = '' } = endpoint
  switch (profile) {
    case 'https_web':
      return rootsFile === undefined ? { kind: 'web' } : { kind: 'web', rootsPem: readFileSync(rootsFile, 'utf8') }
    case 'https_spiffe':
      return { kind: 'spiffe', id: spiffeId, rootsPem: held ?? readFileSync(bootstrapFile, 'utf8') }
  }
}
