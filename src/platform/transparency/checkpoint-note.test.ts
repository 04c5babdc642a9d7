import assert from 'node:assert/strict'
import { generateKeyPairSync, sign } from 'node:crypto'
import { test } from 'node:test'
import {
  type Checkpoint,
  checkpointText,
  formatCheckpoint,
  formatVerifierKey,
  isSignedBy,
  parseCheckpoint,
  parseVerifierKey,
} from './checkpoint-note.ts'

// An example published with the signed-note format (the Go checksum database's key and a note of its kind).
const publishedKey = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW'

const pair = generateKeyPairSync('ed25519')
const publicKey = pair.publicKey.export({ format: 'der', type: 'spki' }).subarray(-32)
const tree = { origin: 'cluster.local/log/0011223344556677/1', treeSize: 7, rootHash: Buffer.alloc(32, 9) }
const checkpoint: Checkpoint = { ...tree, signature: sign(null, Buffer.from(checkpointText(tree)), pair.privateKey) }
const note = formatCheckpoint(checkpoint, publicKey)

test('a checkpoint survives its text, and its signature its reading', () => {
  assert.deepEqual(parseCheckpoint(note), checkpoint)
  assert.ok(isSignedBy(parseCheckpoint(note), publicKey))
  assert.equal(note.split('\n').length, 6)
})

test('whatever is changed, the signature or the form does not hold', () => {
  for (const [from, to] of [
    ['\n7\n', '\n8\n'],
    ['/1\n', '/2\n'],
    [tree.rootHash.toString('base64'), Buffer.alloc(32, 8).toString('base64')],
  ] as const) {
    const changed = note
      .replace(from, to)
      .replace(/— \S+/, `— ${tree.origin.replace(/1$/, from === '/1\n' ? '2' : '1')}`)
    assert.ok(!isSignedBy(parseCheckpoint(changed), publicKey), from)
  }
  for (const broken of ['', 'x', note.slice(0, 40), note.replace('\n7\n', '\n07\n'), note.replace('\n7\n', '\n-7\n')]) {
    assert.throws(() => parseCheckpoint(broken), { code: 'LOG_PROOF_INVALID' }, JSON.stringify(broken))
  }
  assert.throws(() => parseCheckpoint(note.replace(/— \S+/, '— another')), { code: 'LOG_PROOF_INVALID' })
  assert.throws(() => parseCheckpoint(note.replace(/=+\n\n/, '\n\n')), { code: 'LOG_PROOF_INVALID' })
})

test('verifier keys are those of the signed-note format', () => {
  const { origin, publicKey: known } = parseVerifierKey(publishedKey)
  assert.equal(origin, 'PeterNeumann')
  assert.equal(formatVerifierKey(origin, known), publishedKey)
  assert.deepEqual(parseVerifierKey(formatVerifierKey(tree.origin, publicKey)).publicKey, publicKey)
  assert.throws(() => parseVerifierKey(publishedKey.replace('c74f', 'c74e')), { code: 'LOG_PROOF_INVALID' })
})
