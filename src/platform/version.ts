/** The version of this build, from its package.json (equally far from `src/platform` and `dist/platform`). */

import { readFileSync } from 'node:fs'

const packageJson = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  readonly version: string
}

export const meshwrightVersion: string = packageJson.version
