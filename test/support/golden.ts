/**
 * Golden cases: `FOLDER/CASE/in.yaml` holds a first document `kind: Proxy` and then what a user would apply; beside it
 * lies one `NAME.yaml` per output. UPDATE_GOLDENS=1 rewrites outputs and deletes orphans; otherwise either is a failure.
 */

import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, test } from 'node:test'
import { parseAllDocuments, stringify } from 'yaml'
import type { MeshNetworks } from '../../src/config/mesh/mesh-networks-message.ts'
import type { Locality } from '../../src/discovery/endpoint.ts'
import type { ProxyIdentity } from '../../src/discovery/proxy.ts'
import type { OfflineRevocations } from '../../src/translate/offline.ts'

export interface GoldenInput {
  /** The case's folder name. */
  readonly name: string
  readonly proxy: ProxyIdentity
  /** MeshConfig, from the first document's `mesh`. */
  readonly mesh: Readonly<Record<string, unknown>>
  /** From the first document's `revocations`. */
  readonly revocations: OfflineRevocations
  /** MeshNetworks, from the first document's `meshNetworks`. */
  readonly networks: MeshNetworks
  /** From the first document's `federatedTrustDomains`. */
  readonly federatedTrustDomains: readonly string[]
  /** The file, for parsers that read files or report positions. */
  readonly file: string
  /** The text of `file` after its first document. */
  readonly text: string
}

/** What `NAME.yaml` should hold, by NAME; undefined or an empty list: no such file. */
export type GoldenOutputs = Readonly<Record<string, unknown>>

/** One test per folder below `folder` (an absolute path), named after what the folder is called. */
export function goldenSuite(folder: string, run: (input: GoldenInput) => GoldenOutputs): void {
  describe(path.relative(process.cwd(), folder), () => {
    for (const name of readdirSync(folder).sort()) {
      test(name.replaceAll('-', ' '), () => checkCase(path.join(folder, name), run))
    }
  })
}

export function readGoldenInput(directory: string): GoldenInput {
  const file = path.join(directory, 'in.yaml')
  const text = readFileSync(file, 'utf8')
  const first = parseAllDocuments(text)[0]
  const document: unknown = first?.toJS()
  assert.ok(isRecord(document) && document.kind === 'Proxy', `${file}: the first document must be of kind Proxy`)
  // Blank lines instead of the first document keep the positions that errors name.
  const end = first?.range?.[2] ?? 0
  const head = text.slice(0, end).replace(/[^\n]/g, '')
  const mesh = isRecord(document.mesh) ? document.mesh : {}
  // The case's author writes it in the shape of the input.
  const revocations = (document.revocations ?? {}) as OfflineRevocations
  const networks = (document.meshNetworks ?? {}) as MeshNetworks
  const federatedTrustDomains = (document.federatedTrustDomains ?? []) as readonly string[]
  const name = path.basename(directory)
  return {
    name,
    proxy: proxyFrom(document),
    mesh,
    networks,
    revocations,
    federatedTrustDomains,
    file,
    text: head + text.slice(end),
  }
}

function checkCase(directory: string, run: (input: GoldenInput) => GoldenOutputs): void {
  const outputs = new Map<string, string>()
  for (const [name, value] of Object.entries(run(readGoldenInput(directory)))) {
    if (value === undefined || (Array.isArray(value) && value.length === 0)) continue
    outputs.set(`${name}.yaml`, stringify(value, { sortMapEntries: true, lineWidth: 0, aliasDuplicateObjects: false }))
  }
  const present = readdirSync(directory).filter(file => file !== 'in.yaml')
  const orphans = present.filter(file => !outputs.has(file))
  if (process.env.UPDATE_GOLDENS === '1') {
    for (const orphan of orphans) rmSync(path.join(directory, orphan))
    for (const [file, text] of outputs) writeFileSync(path.join(directory, file), text)
    return
  }
  const hint = 'run UPDATE_GOLDENS=1 node --test on this file and read the difference'
  assert.deepEqual(orphans, [], `golden files that nothing writes in ${directory}: ${hint}`)
  for (const [file, text] of outputs) {
    const golden = path.join(directory, file)
    assert.ok(existsSync(golden), `no ${golden}: ${hint}`)
    assert.equal(text, readFileSync(golden, 'utf8'), `${golden} differs: ${hint}`)
  }
}

function proxyFrom(document: Record<string, unknown>): ProxyIdentity {
  const given = document as Partial<ProxyIdentity>
  const name = given.name ?? 'client'
  const namespace = given.namespace ?? 'default'
  const ipAddresses = given.ipAddresses ?? ['10.0.0.1']
  const dnsDomain = given.dnsDomain ?? `${namespace}.svc.cluster.local`
  const locality: { locality?: Locality } = given.locality === undefined ? {} : { locality: given.locality }
  return {
    id: `sidecar~${ipAddresses[0]}~${name}.${namespace}~${dnsDomain}`,
    type: 'sidecar',
    name,
    namespace,
    serviceAccount: given.serviceAccount ?? 'default',
    trustDomain: given.trustDomain ?? 'cluster.local',
    ipAddresses,
    labels: given.labels ?? {},
    interceptionMode: given.interceptionMode ?? 'REDIRECT',
    ...(given.unprivileged === true ? { unprivileged: true } : {}),
    clusterId: given.clusterId ?? 'Kubernetes',
    network: given.network ?? '',
    ...locality,
    dnsDomain,
    variant: given.variant ?? 'delta',
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
