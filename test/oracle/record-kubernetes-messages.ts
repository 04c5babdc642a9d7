/**
 * `npm run kubernetes-messages`: asks Kubernetes' own types how they lie in protobuf, and for examples. Needs Go and, the
 * first time, the network.
 */

import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { protoDirectory } from '../../src/platform/protobuf.ts'

const release = 'v0.36.1'
/** Of the envelope, which has no type with tags. */
const envelope = [
  'TypeMeta: 1 apiVersion string, 2 kind string',
  'Unknown: 1 typeMeta TypeMeta, 2 raw bytes, 3 contentEncoding string, 4 contentType string',
]

const folder = path.join(homedir(), '.cache', 'meshwright', 'kubernetes-messages', release)
mkdirSync(folder, { recursive: true })
copyFileSync(fileURLToPath(new URL('kubernetes-messages.go', import.meta.url)), path.join(folder, 'main.go'))
writeFileSync(path.join(folder, 'go.mod'), 'module messages\n\ngo 1.26\n')
const go = (...args: readonly string[]): string =>
  execFileSync('go', args, { cwd: folder, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 })
go('get', `k8s.io/api@${release}`, `k8s.io/apimachinery@${release}`)
go('mod', 'tidy')
const said = JSON.parse(go('run', '.')) as {
  readonly messages: readonly string[]
  readonly examples: readonly { readonly message: string }[]
}
writeFileSync(path.join(protoDirectory, 'kubernetes.txt'), `${[...said.messages, ...envelope].sort().join('\n')}\n`)
const examples = said.examples.map(example => JSON.stringify(example))
const testdata = fileURLToPath(new URL('../../src/api/protobuf/testdata/examples.jsonl', import.meta.url))
writeFileSync(testdata, `${examples.join('\n')}\n`)
process.stdout.write(`${said.messages.length} messages, ${examples.length} examples\n`)
