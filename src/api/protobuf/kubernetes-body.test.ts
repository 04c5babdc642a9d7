import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { isObject, type JsonObject } from '../json-value.ts'
import { decodeMessage } from './decode-message.ts'
import { kubernetesObject } from './kubernetes-body.ts'
import { messageTable } from './message-table.ts'

interface Example {
  readonly message: string
  /** Base64. */
  readonly protobuf: string
  readonly object: JsonObject
}

const examples = readFileSync(new URL('testdata/examples.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map(line => JSON.parse(line) as Example)

/** Empty messages and nulls say nothing, wherever Kubernetes happens to write them. */
function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutEmpty)
  if (!isObject(value)) return value
  const members = Object.entries(value).map(([name, of]) => [name, withoutEmpty(of)] as const)
  return Object.fromEntries(members.filter(([, of]) => of !== null && !(isObject(of) && Object.keys(of).length === 0)))
}

test("every message reads as the JSON that Kubernetes' own types are written as", () => {
  assert.equal(new Set(examples.map(({ message }) => message)).size, 13)
  for (const { message, protobuf, object } of examples) {
    const { apiVersion: _version, kind: _kind, ...own } = object
    const decoded = decodeMessage(messageTable(), message, Buffer.from(protobuf, 'base64'))
    assert.deepEqual(withoutEmpty(decoded), withoutEmpty(own), message)
  }
})

const bytesOf = (...parts: readonly (number | string | Buffer)[]): Buffer =>
  Buffer.concat(parts.map(part => (typeof part === 'number' ? Buffer.of(part) : Buffer.from(part))))
const sized = (tag: number, content: Buffer): Buffer => bytesOf(tag, content.length, content)
const body = (kind: string, raw: Buffer): Buffer => {
  const typeMeta = bytesOf(sized(0x0a, bytesOf('v1')), sized(0x12, bytesOf(kind)))
  return bytesOf('k8s\0', sized(0x0a, typeMeta), sized(0x12, raw))
}
const refused = (bytes: Buffer, reason: RegExp): void =>
  assert.throws(() => kubernetesObject(bytes), { code: 'REQUEST_INVALID', message: reason })

test('what is absent is told from what is empty where Kubernetes tells them apart', () => {
  // `data` with one empty value; `immutable: false`.
  const data = sized(0x12, bytesOf(sized(0x0a, bytesOf('k')), sized(0x12, Buffer.alloc(0))))
  assert.deepEqual(kubernetesObject(body('ConfigMap', bytesOf(data, 0x20, 0))), {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    data: { k: '' },
    immutable: false,
  })
})

test('nothing of a body is passed over: an unknown field, another type or a torn message is refused', () => {
  refused(body('Namespace', bytesOf(0xfa, 0x01, 0)), /field 31 of Namespace is not known here/)
  refused(body('Namespace', bytesOf(0x08, 1)), /Namespace\.metadata has another type/)
  refused(body('Namespace', bytesOf(0x0a, 9, 1)), /the bytes are no Namespace/)
  refused(body('Deployment', Buffer.alloc(0)), /a Deployment is not taken as protobuf/)
  refused(Buffer.from('{}'), /does not begin as such/)
  refused(Buffer.from('k8s\0\xff', 'latin1'), /the bytes are no Unknown/)
})

test('bytes that are cut or changed anywhere are read or refused, and nothing else happens', () => {
  for (const { message, protobuf } of examples.filter((_, index) => index % 3 === 0)) {
    const bytes = Buffer.from(protobuf, 'base64')
    const step = Math.ceil(bytes.length / 200)
    for (let at = 0; at < bytes.length; at += step) {
      const changed = Buffer.from(bytes)
      changed[at] = 255 - (changed[at] ?? 0)
      for (const one of [bytes.subarray(0, at), changed]) {
        try {
          kubernetesObject(bytesOf('k8s\0', one))
          decodeMessage(messageTable(), message, one)
        } catch (error) {
          assert.match(
            String(error),
            /REQUEST_INVALID|MeshwrightError|the bytes are no|not known here|another type|not taken|more than/,
          )
        }
      }
    }
  }
})

const varint = (number: number): Buffer => {
  const low = number & 0x7f
  return number < 0x80 ? Buffer.of(low) : Buffer.concat([Buffer.of(low | 0x80), varint(number >>> 7)])
}
const long = (tag: number, content: Buffer): Buffer => Buffer.concat([Buffer.of(tag), varint(content.length), content])

test('a map of as many entries as a body holds is read in time that grows as they do', () => {
  const keys = Array.from({ length: 150_000 }, (_, index) => `k${index.toString(36)}`)
  const entries = Buffer.concat(keys.map(key => sized(0x12, sized(0x0a, Buffer.from(key)))))
  const typeMeta = sized(0x0a, bytesOf(sized(0x0a, bytesOf('v1')), sized(0x12, bytesOf('ConfigMap'))))
  const { data } = kubernetesObject(Buffer.concat([bytesOf('k8s\0'), typeMeta, long(0x12, entries)]))
  assert.equal(Object.keys(data ?? {}).length, keys.length)
})

test('what is refused in JSON is refused in a message: __proto__ in a map, deep nesting and members that come twice', () => {
  const entry = (key: string): Buffer => sized(0x12, sized(0x0a, bytesOf(key)))
  refused(body('ConfigMap', entry('__proto__')), /__proto__/)
  const managed = (text: string): Buffer => {
    const fields = long(0x3a, long(0x0a, Buffer.from(text)))
    return long(0x0a, Buffer.concat([Buffer.of(0x8a, 0x01), varint(fields.length), fields]))
  }
  assert.ok(kubernetesObject(body('ConfigMap', managed('{"f:data":{}}'))).metadata)
  for (const text of ['{"f:data":{},"f:data":{}}', '{"__proto__":{}}', `${'['.repeat(70)}${']'.repeat(70)}`])
    assert.throws(() => decodeMessage(messageTable(), 'ConfigMap', managed(text)), /the bytes are no ConfigMap/)
})
