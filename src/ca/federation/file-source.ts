/** Roots of another trust domain from a PEM file, watched. A broken file leaves the last good roots in force. */

import { readFileSync } from 'node:fs'
import type { Clock } from '../../platform/clock.ts'
import { errorFrom } from '../../platform/errors.ts'
import type { Log } from '../../platform/log.ts'
import { watchFiles } from '../../platform/watched-files.ts'
import type { BundleSource } from './bundle-source.ts'
import { rootCertificatesIn } from './root-certificates.ts'

export interface FileSourceOptions {
  readonly trustDomain: string
  readonly file: string
  readonly clock: Clock
  readonly log: Log
}

export function createFileSource({ trustDomain, file, clock, log }: FileSourceOptions): BundleSource {
  let stopWatching: () => void = () => undefined
  let lastGoodMs: number | undefined
  let fault = ''
  let failures = 0
  const look = (onRoots: (rootsPem: string) => void): void => {
    try {
      onRoots(rootCertificatesIn(readFileSync(file, 'utf8')))
      lastGoodMs = clock.now()
      fault = ''
    } catch (thrown) {
      failures += 1
      fault = errorFrom(thrown).message
      log.error({ trustDomain, file, fault }, 'roots of another trust domain not read; the last good stay in force')
    }
  }
  return {
    trustDomain,
    start(onRoots) {
      stopWatching = watchFiles({ files: [file], onChange: () => look(onRoots), clock, log })
      look(onRoots)
    },
    stop: () => stopWatching(),
    status: () => ({ from: file, lastGoodMs, fault, failures }),
  }
}
