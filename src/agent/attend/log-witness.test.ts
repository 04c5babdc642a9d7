import assert from 'node:assert/strict'
import { generateKeyPairSync, hash, type KeyObject, sign } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import { lengthDelimited, varint } from '../../platform/encoded-resource.ts'
import { silentLog } from '../../platform/log.ts'
import { checkpointText, parseVerifierKey } from '../../platform/transparency/checkpoint-note.ts'
import { grow, leafHash, rootOfPeaks } from '../../platform/transparency/merkle.ts'
import { consistencyProof, type ReadNode } from '../../platform/transparency/tree-proofs.ts'
import { type Checkpoint, type CheckpointProof, decodeCheckpoint, type LogComplaint } from './attend-messages.ts'
import { createLogWitness, type LogWitness } from './log-witness.ts'

/** A log of entries `${salt} 0`, `${salt} 1` …; those before `commonUntil` are the same for every salt. */
class TestLog {
  readonly #pair: { publicKey: KeyObject; privateKey: KeyObject }
  readonly publicKey: Buffer
  readonly #nodes = new Map<string, Buffer>()
  readonly #roots: Buffer[] = [rootOfPeaks([])]

  constructor(options: { salt?: string; commonUntil?: number; pair?: ReturnType<typeof newPair> } = {}) {
    const { salt = '', commonUntil = 0, pair = newPair() } = options
    this.#pair = pair
    this.publicKey = pair.publicKey.export({ format: 'der', type: 'spki' }).subarray(-32)
    let peaks: Buffer[] = []
    for (let i = 0; i < 40; i++) {
      const leaf = leafHash(Buffer.from(i < commonUntil ? `${i}` : `${salt} ${i}`))
      this.#nodes.set(`0 ${i}`, leaf)
      peaks = grow(peaks, i, leaf, ({ level, position }, node) => this.#nodes.set(`${level} ${position}`, node))
      this.#roots.push(rootOfPeaks(peaks))
    }
  }

  at(treeSize: number, epoch = 1): Checkpoint {
    const origin = `td/log/${hash('sha256', this.publicKey, 'hex').slice(0, 16)}/${epoch}`
    const tree = { origin, treeSize, rootHash: this.#roots[treeSize] ?? Buffer.alloc(32) }
    return received({ ...tree, signature: sign(null, Buffer.from(checkpointText(tree)), this.#pair.privateKey) })
  }

  proof(fromSize: number, treeSize: number): CheckpointProof {
    const read: ReadNode = (level, position) => this.#nodes.get(`${level} ${position}`) ?? Buffer.alloc(32)
    return { publicKey: this.publicKey, path: consistencyProof(read, fromSize, treeSize) }
  }
}

const newPair = () => generateKeyPairSync('ed25519')

function received({ origin, treeSize, rootHash, signature }: Omit<Checkpoint, 'encoded'>): Checkpoint {
  const size = Buffer.concat([varint(2 * 8), varint(treeSize)])
  return decodeCheckpoint(
    Buffer.concat([
      lengthDelimited(1, Buffer.from(origin)),
      size,
      lengthDelimited(3, rootHash),
      lengthDelimited(4, signature),
    ]),
  )
}

interface Rig {
  witness: LogWitness
  readonly complaints: LogComplaint[]
  readonly keyFile: string
  restart(): Promise<void>
}

async function startRig(t: TestContext): Promise<Rig> {
  const directory = mkdtempSync(path.join(tmpdir(), 'meshwright-witness-'))
  t.after(() => rmSync(directory, { recursive: true }))
  const complaints: LogComplaint[] = []
  const [checkpointFile, keyFile] = [path.join(directory, 'log-checkpoint.bin'), path.join(directory, 'log.key')]
  const make = () =>
    createLogWitness({ checkpointFile, keyFile, onComplaint: one => void complaints.push(one), log: silentLog })
  const rig: Rig = {
    witness: make(),
    complaints,
    keyFile,
    async restart() {
      rig.witness = make()
      await rig.witness.load()
    },
  }
  return rig
}

const kindsOf = ({ complaints }: Rig) => complaints.map(({ kind }) => kind)
const currentKind = ({ witness }: Rig) => witness.complaint?.kind

test('a log that goes on is followed by its proofs, over restarts, with the key that came first', async t => {
  const rig = await startRig(t)
  const log = new TestLog()
  rig.witness.see(log.at(3), log.proof(0, 3))
  assert.deepEqual(parseVerifierKey(readFileSync(rig.keyFile, 'utf8')).publicKey, log.publicKey)
  rig.witness.see(log.at(8), log.proof(3, 8))
  // The daemon had not heard of 8 yet.
  rig.witness.see(log.at(9), log.proof(3, 9))
  await rig.restart()
  assert.equal(rig.witness.newest?.treeSize, 9)
  rig.witness.see(log.at(9), log.proof(9, 9))
  rig.witness.see(log.at(40), log.proof(9, 40))
  assert.equal(rig.witness.newest?.treeSize, 40)
  assert.deepEqual(rig.complaints, [])
})

test('a checkpoint that is not signed with the key is a complaint, and what was seen stays', async t => {
  const rig = await startRig(t)
  const log = new TestLog()
  const forged = received({ ...log.at(5), signature: Buffer.alloc(64, 1) })
  rig.witness.see(forged, log.proof(0, 5))
  assert.equal(currentKind(rig), 'bad-signature')
  assert.ok(!existsSync(rig.keyFile))
  rig.witness.see(log.at(4), log.proof(0, 4))
  assert.equal(currentKind(rig), undefined)
  rig.witness.see(received({ ...log.at(6), treeSize: 7 }), log.proof(4, 7))
  rig.witness.see(received({ ...log.at(6), treeSize: 7 }), log.proof(4, 7))
  assert.equal(currentKind(rig), 'bad-signature')
  assert.deepEqual(kindsOf(rig), ['bad-signature', 'bad-signature'])
  assert.equal(rig.witness.newest?.treeSize, 4)
})

test('a shorter log is a roll-back, and other entries are a fork, at the same size and behind it', async t => {
  const rig = await startRig(t)
  const pair = newPair()
  const log = new TestLog({ pair, commonUntil: 4 })
  const forked = new TestLog({ pair, commonUntil: 4, salt: 'forged' })
  rig.witness.see(log.at(10), log.proof(0, 10))
  rig.witness.see(log.at(9), log.proof(9, 9))
  rig.witness.see(forked.at(10), forked.proof(10, 10))
  rig.witness.see(forked.at(20), forked.proof(10, 20))
  assert.deepEqual(kindsOf(rig), ['roll-back', 'fork', 'fork'])
  await rig.restart()
  rig.witness.see(forked.at(20), forked.proof(10, 20))
  assert.equal(currentKind(rig), 'fork')
  assert.deepEqual(rig.witness.newest?.rootHash, log.at(10).rootHash)
})

test('a proof that is left out, or from what nobody saw, is a complaint', async t => {
  const rig = await startRig(t)
  const log = new TestLog()
  rig.witness.see(log.at(10), log.proof(0, 10))
  rig.witness.see(log.at(12), { publicKey: log.publicKey, path: undefined })
  rig.witness.see(log.at(13), undefined)
  rig.witness.see(log.at(14), log.proof(7, 14))
  assert.deepEqual(kindsOf(rig), ['unproved', 'unproved', 'unproved'])
  rig.witness.see(log.at(14), log.proof(10, 14))
  assert.equal(currentKind(rig), undefined)
})

test('another key is foreign, also when an agent from before there were proofs has only a checkpoint', async t => {
  const rig = await startRig(t)
  const [log, other] = [new TestLog(), new TestLog()]
  rig.witness.see(log.at(5), undefined)
  rig.witness.see(other.at(8), other.proof(5, 8))
  assert.ok(!existsSync(rig.keyFile))
  rig.witness.see(log.at(6), log.proof(5, 6))
  rig.witness.see(other.at(9), other.proof(6, 9))
  // Their own checkpoint under the key that is known.
  rig.witness.see(other.at(9), { ...other.proof(6, 9), publicKey: log.publicKey })
  assert.deepEqual(kindsOf(rig), ['foreign', 'foreign'])
  assert.equal(rig.witness.newest?.treeSize, 6)
  rig.witness.forget()
  rig.witness.see(other.at(3), other.proof(0, 3))
  assert.equal(currentKind(rig), undefined)
  assert.deepEqual(parseVerifierKey(readFileSync(rig.keyFile, 'utf8')).publicKey, other.publicKey)
})

test('a restore begins a new epoch, which goes on with fewer entries; the old epoch never comes back', async t => {
  const rig = await startRig(t)
  const log = new TestLog()
  rig.witness.see(log.at(10), log.proof(0, 10))
  rig.witness.see(log.at(7, 2), { publicKey: log.publicKey, path: undefined })
  assert.deepEqual(rig.complaints, [])
  assert.equal(rig.witness.newest?.treeSize, 7)
  rig.witness.see(log.at(20, 1), log.proof(10, 20))
  assert.deepEqual(kindsOf(rig), ['roll-back'])
})
