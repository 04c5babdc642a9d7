/**
 * Istio's own verdict, from Istio's own code: `oracle.go`, built outside the repository against the module of one release.
 * Needs Go and, the first time, the network and some minutes; what is built is kept in the cache folder.
 */

import { execFile, execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

/** The release whose verdicts count, and what the Go module proxy calls it. */
export const istioRelease = { version: '1.31.0', module: 'v0.0.0-20260827124520-eed52ebb66ad' } as const

export interface Question {
  readonly id: string
  /** A Kubernetes object as JSON. */
  readonly object: unknown
}

/** Settings of the mesh, as the text of their file. */
export interface SettingsQuestion {
  readonly id: string
  readonly settings: 'mesh' | 'meshNetworks'
  readonly text: string
}

export interface Verdict {
  readonly id: string
  /** Why the CustomResourceDefinition refuses it; empty when it does not. */
  readonly crd: string
  /** The same of the webhook; of settings, of the control plane. */
  readonly webhook: string
  readonly warnings: readonly string[]
}

const source = fileURLToPath(new URL('oracle.go', import.meta.url))

/** Undefined where it was never built. */
export function builtOracle(): string | undefined {
  const binary = path.join(cacheFolder(), 'oracle')
  return existsSync(binary) ? binary : undefined
}

/** Builds it when it is not there. Throws what the Go command said. */
export async function buildOracle(): Promise<string> {
  const built = builtOracle()
  if (built !== undefined) return built
  const folder = cacheFolder()
  mkdirSync(folder, { recursive: true })
  copyFileSync(source, path.join(folder, 'main.go'))
  writeFileSync(path.join(folder, 'go.mod'), 'module oracle\n\ngo 1.26\n')
  const go = (...args: readonly string[]) => promisify(execFile)('go', args, { cwd: folder })
  await go('get', `istio.io/istio@${istioRelease.module}`)
  await go('mod', 'tidy')
  await go('build', '-o', 'oracle.part', '.')
  renameSync(path.join(folder, 'oracle.part'), path.join(folder, 'oracle'))
  return path.join(folder, 'oracle')
}

/** The folder of Istio's module; undefined when it is not in Go's module cache. */
export function istioModuleFolder(): string | undefined {
  const asked = spawnSync('go', ['env', 'GOMODCACHE'], { encoding: 'utf8' })
  if (asked.status !== 0) return undefined
  const folder = path.join(asked.stdout.trim(), `istio.io/istio@${istioRelease.module}`)
  return existsSync(folder) ? folder : undefined
}

/** In the order of the questions. */
export function askOracle(binary: string, questions: readonly (Question | SettingsQuestion)[]): readonly Verdict[] {
  const definitions = path.join(istioModuleFolder() ?? '', 'manifests/charts/base/files/crd-all.gen.yaml')
  const input = questions.map(question => `${JSON.stringify(question)}\n`).join('')
  const output = execFileSync(binary, [definitions], {
    input,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  return (
    output
      .trim()
      .split('\n')
      // Istio's log goes to the same place.
      .filter(line => line.startsWith('{"id":'))
      .map(line => JSON.parse(line) as Verdict)
  )
}

/** One for each source and release. */
function cacheFolder(): string {
  const cache = process.env.XDG_CACHE_HOME ?? path.join(homedir(), '.cache')
  const hash = createHash('sha256').update(readFileSync(source)).update(istioRelease.module).digest('hex').slice(0, 12)
  return path.join(cache, 'meshwright/oracle', hash)
}
