/**
 * Istio's own verdict, from Istio's own code: `oracle.go`, built outside the repository against the module of one release.
 * Needs Go and, the first time, the network and some minutes; what is built is kept in the cache folder.
 */

import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { answersOf, type GoProgram } from './go-program.ts'

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

export const istioProgram: GoProgram = {
  name: 'oracle',
  source: fileURLToPath(new URL('oracle.go', import.meta.url)),
  requires: [`istio.io/istio@${istioRelease.module}`],
}

/** The folder of Istio's module; undefined when it is not in Go's module cache. */
export function istioModuleFolder(): string | undefined {
  const asked = spawnSync('go', ['env', 'GOMODCACHE'], { encoding: 'utf8' })
  if (asked.status !== 0) return undefined
  const folder = path.join(asked.stdout.trim(), `istio.io/istio@${istioRelease.module}`)
  return existsSync(folder) ? folder : undefined
}

/** The folder of the module of Istio's API that the release is built with, where its reference lies. */
export function istioApiFolder(): string | undefined {
  const folder = istioModuleFolder()
  if (folder === undefined) return undefined
  const version = /^\tistio\.io\/api (\S+)$/m.exec(readFileSync(path.join(folder, 'go.mod'), 'utf8'))?.[1]
  const api = path.join(path.dirname(folder), `api@${version}`)
  return existsSync(api) ? api : undefined
}

/** In the order of the questions. */
export function askOracle(binary: string, questions: readonly (Question | SettingsQuestion)[]): readonly Verdict[] {
  const definitions = path.join(istioModuleFolder() ?? '', 'manifests/charts/base/files/crd-all.gen.yaml')
  return answersOf<Verdict>(binary, [definitions], questions)
}
