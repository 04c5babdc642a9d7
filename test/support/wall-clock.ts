/** A wall clock for real processes that a test sets while they run, by libfaketime; time goes on passing for them as it does. */

import { existsSync, readdirSync, renameSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { TestContext } from 'node:test'
import { temporaryFolder } from './processes.ts'

/** Where Debian's and Ubuntu's package `faketime` puts it. */
const library = readdirSync('/usr/lib')
  .map(folder => `/usr/lib/${folder}/faketime/libfaketimeMT.so.1`)
  .find(file => existsSync(file))

/** Why tests with a wall clock of their own are skipped here; false: they are not. */
export const withoutWallClock: string | false =
  library === undefined ? 'libfaketime is not installed (Debian package faketime)' : false

export interface WallClock {
  /** Of a process that goes by this clock. */
  readonly environment: Readonly<Record<string, string>>
  /** Away from the real time: '+2h', '-2h', '+0'. */
  set(offset: string): void
}

export function wallClock(t: TestContext, offset = '+0'): WallClock {
  const file = path.join(temporaryFolder(t), 'offset')
  const set = (to: string): void => {
    // Replaced as a whole: it is read at every look at the clock.
    writeFileSync(`${file}.new`, to)
    renameSync(`${file}.new`, file)
  }
  set(offset)
  return {
    set,
    environment: {
      LD_PRELOAD: library ?? '',
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    },
  }
}
