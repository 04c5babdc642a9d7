import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { emptyRoot, grow, leafHash, nodeHash, rootOfPeaks } from './merkle.ts'
import { isConsistent, rootFromInclusion } from './proofs.ts'
import { consistencyProof, inclusionProof, type ReadNode, rootAt } from './tree-proofs.ts'

interface Tree {
  readonly leaves: readonly Buffer[]
  readonly read: ReadNode
  /** Of each size from 0 on. */
  readonly roots: readonly Buffer[]
}

function treeOf(bodies: readonly Uint8Array[]): Tree {
  const leaves = bodies.map(leafHash)
  const nodes = new Map(leaves.map((leaf, position) => [`0 ${position}`, leaf]))
  const roots = [emptyRoot]
  let peaks: Buffer[] = []
  leaves.forEach((leaf, size) => {
    peaks = grow(peaks, size, leaf, ({ level, position }, hash) => nodes.set(`${level} ${position}`, hash))
    roots.push(rootOfPeaks(peaks))
  })
  const read: ReadNode = (level, position) => {
    const hash = nodes.get(`${level} ${position}`)
    if (hash === undefined) throw new Error(`no node ${level} ${position}`)
    return hash
  }
  return { leaves, read, roots }
}

/** RFC 9162 section 2.1.1, as it is written there. */
function definedRoot(leaves: readonly Buffer[]): Buffer {
  const [only, ...more] = leaves
  if (only === undefined) return emptyRoot
  if (more.length === 0) return only
  let split = 1
  while (split * 2 < leaves.length) split *= 2
  return nodeHash(definedRoot(leaves.slice(0, split)), definedRoot(leaves.slice(split)))
}

// The tree over the eight inputs that certificate-transparency implementations have tested with since 2013, and its roots.
const knownInputs = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
].map(text => Buffer.from(text, 'hex'))
const knownRoots = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
]

test('the tree has the published roots', () => {
  const { roots } = treeOf(knownInputs)
  assert.deepEqual(
    roots.map(root => root.toString('hex')),
    knownRoots,
  )
})

test('the root of every size is what the definition says, whether grown or read from stored nodes', () => {
  const bodies = Array.from({ length: 70 }, (_, i) => Buffer.from(`entry ${i}`))
  const { leaves, read, roots } = treeOf(bodies)
  for (let size = 0; size <= bodies.length; size += 1) {
    assert.deepEqual(roots[size], definedRoot(leaves.slice(0, size)))
    assert.deepEqual(rootAt(read, size), roots[size])
  }
})

test('every leaf proves into every tree that holds it, and into no other root, place or size', () => {
  const { leaves, read, roots } = treeOf(Array.from({ length: 33 }, (_, i) => Buffer.from([i])))
  for (let treeSize = 1; treeSize <= 33; treeSize += 1) {
    for (let index = 0; index < treeSize; index += 1) {
      const proof = inclusionProof(read, index, treeSize)
      const leaf = leaves[index] ?? emptyRoot
      const root = roots[treeSize] ?? emptyRoot
      assert.ok(proof.path.length <= Math.ceil(Math.log2(treeSize)))
      assert.deepEqual(rootFromInclusion(leaf, proof), root)
      assert.notDeepEqual(rootFromInclusion(leaves[(index + 1) % 33] ?? emptyRoot, proof), root)
      assert.equal(rootFromInclusion(leaf, { ...proof, path: [...proof.path, root] }), undefined)
      assert.equal(rootFromInclusion(leaf, { ...proof, index: treeSize }), undefined)
      if (proof.path.length > 0) {
        assert.notDeepEqual(rootFromInclusion(leaf, { ...proof, path: proof.path.slice(1) }), root)
      }
    }
  }
})

test('every tree is consistent with every later one, and with no tree whose past differs', () => {
  const honest = treeOf(Array.from({ length: 33 }, (_, i) => Buffer.from([i])))
  const forged = treeOf(Array.from({ length: 33 }, (_, i) => Buffer.from([i === 2 ? 99 : i])))
  for (let fromSize = 0; fromSize <= 33; fromSize += 1) {
    for (let treeSize = fromSize; treeSize <= 33; treeSize += 1) {
      const proof = consistencyProof(honest.read, fromSize, treeSize)
      const [from = emptyRoot, to = emptyRoot] = [honest.roots[fromSize], honest.roots[treeSize]]
      assert.ok(isConsistent(proof, from, to), `${fromSize} ${treeSize}`)
      assert.ok(!isConsistent({ ...proof, path: [...proof.path, to] }, from, to))
      if (fromSize <= 2) continue
      const own = consistencyProof(forged.read, fromSize, treeSize)
      const forgedRoot = forged.roots[treeSize] ?? emptyRoot
      assert.ok(!isConsistent(own, from, forgedRoot), `forged ${fromSize} ${treeSize}`)
      assert.ok(!isConsistent(proof, from, forgedRoot), `forged ${fromSize} ${treeSize}`)
    }
  }
})

test('no made-up proof shows a leaf that is not there or a past that was not', () => {
  const { leaves, roots } = treeOf(knownInputs)
  const hash = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(bytes => Buffer.from(bytes))
  const path = fc.array(fc.oneof(hash, fc.constantFrom(...leaves, ...roots)), { maxLength: 5 })
  const size = fc.integer({ min: -1, max: 9 })
  fc.assert(
    fc.property(path, size, size, hash, (made, from, to, stranger) => {
      const root = roots[8] ?? emptyRoot
      assert.notDeepEqual(rootFromInclusion(stranger, { index: from, treeSize: to, path: made }), root)
      assert.ok(!isConsistent({ fromSize: Math.max(1, from), treeSize: to, path: made }, stranger, root))
    }),
  )
})

test('places beyond 2^31 are no other than below', () => {
  const size = 2 ** 40
  const places: string[] = []
  grow(
    Array.from({ length: 40 }, () => emptyRoot),
    size - 1,
    emptyRoot,
    ({ level, position }) => places.push(`${level}/${position}`),
  )
  assert.equal(places.length, 40)
  assert.equal(places[0], `1/${2 ** 39 - 1}`)
  assert.equal(places[39], '40/0')
})
