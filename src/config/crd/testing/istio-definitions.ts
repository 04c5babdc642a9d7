/** Istio's own CustomResourceDefinitions, from its Go module through the ordinary client. Nothing of it is kept here. */

import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseAllDocuments } from 'yaml'
import type { CustomResourceDefinition } from '../custom-resource-definition.ts'

const module = 'istio.io/api@v1.31.0'

export type IstioDefinitions =
  | { readonly kind: 'definitions'; readonly definitions: readonly CustomResourceDefinition[] }
  | { readonly kind: 'missing'; readonly reason: string }

export function istioDefinitions(): IstioDefinitions {
  const { status, stdout, error } = spawnSync('go', ['mod', 'download', '-json', module], {
    cwd: tmpdir(),
    encoding: 'utf8',
    timeout: 60_000,
  })
  if (error !== undefined || status !== 0)
    return {
      kind: 'missing',
      reason: `go mod download ${module}: ${error?.message ?? JSON.parse(stdout || '{}').Error}`,
    }
  const folder: string = JSON.parse(stdout).Dir
  const text = readFileSync(path.join(folder, 'kubernetes/customresourcedefinitions.gen.yaml'), 'utf8')
  const definitions = parseAllDocuments(text).flatMap(document => document.toJSON() ?? [])
  return { kind: 'definitions', definitions }
}
