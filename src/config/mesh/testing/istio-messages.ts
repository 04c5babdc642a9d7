/** Istio's own definitions of the settings, from its Go module through the ordinary client. Nothing of it is kept here. */

import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import protobuf from 'protobufjs'

const module = 'istio.io/api@v1.31.0'
const files = ['config', 'proxy', 'network']

export type IstioMessages =
  | { readonly kind: 'messages'; readonly messages: protobuf.Namespace }
  | { readonly kind: 'missing'; readonly reason: string }

/** The package `istio.mesh.v1alpha1`, with names as they are written. */
export function istioMessages(): IstioMessages {
  const { status, stdout, error } = spawnSync('go', ['mod', 'download', '-json', module], {
    cwd: tmpdir(),
    encoding: 'utf8',
    timeout: 60_000,
  })
  if (error !== undefined || status !== 0)
    return { kind: 'missing', reason: `go mod download ${module}: ${error?.message ?? stdout}` }
  const folder = path.join(JSON.parse(stdout).Dir, 'mesh/v1alpha1')
  const root = new protobuf.Root()
  for (const file of files)
    protobuf.parse(readFileSync(path.join(folder, `${file}.proto`), 'utf8'), root, { keepCase: true })
  return { kind: 'messages', messages: root.lookup('istio.mesh.v1alpha1') as protobuf.Namespace }
}

/** As proto JSON names it. */
export const jsonName = (written: string): string =>
  written.replaceAll(/_([A-Za-z0-9])/g, (_whole, letter: string) => letter.toUpperCase())
