import assert from 'node:assert/strict'
import { Writable } from 'node:stream'
import { test } from 'node:test'
import fc from 'fast-check'
import { FrameWriter, type FrameWriterOptions } from './frame-writer.ts'

/** A stream that finishes a write only when told to, as a slow socket does. */
class SlowStream extends Writable {
  readonly batches: Buffer[][] = []
  #finish: (() => void) | undefined

  constructor() {
    super({ highWaterMark: 1000 })
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this._writev([{ chunk }], done)
  }

  override _writev(chunks: { chunk: Buffer }[], done: () => void): void {
    this.batches.push(chunks.map(({ chunk }) => chunk))
    this.#finish = done
  }

  async finishBatch(): Promise<void> {
    const finish = this.#finish
    this.#finish = undefined
    finish?.()
    await new Promise(resolve => setImmediate(resolve))
  }

  get bytes(): Buffer {
    return Buffer.concat(this.batches.flat())
  }
}

function open(pieces: FrameWriterOptions['pieces']): { stream: SlowStream; writer: FrameWriter; drains: () => number } {
  const stream = new SlowStream()
  let drains = 0
  const writer = new FrameWriter(stream, {
    pieces,
    onDrain: () => {
      drains += 1
    },
  })
  return { stream, writer, drains: () => drains }
}

test('the pieces of a small frame leave in one batch, uncopied', () => {
  const { stream, writer } = open('sliced')
  const frame = [Buffer.from('prefix'), Buffer.from('body'), Buffer.from('more')]
  assert.equal(writer.write(frame), true)
  assert.equal(stream.batches.length, 1)
  assert.deepEqual(stream.batches[0], frame)
  assert.ok(stream.batches[0]?.every((part, i) => part === frame[i]))
})

test('a large piece goes to the kernel whole, and to TLS in slices of the same memory', async () => {
  const piece = Buffer.alloc(100 * 1024, 'x')
  const whole = open('whole')
  assert.equal(whole.writer.write([piece]), false)
  assert.equal(whole.stream.batches[0]?.[0], piece)
  const sliced = open('sliced')
  assert.equal(sliced.writer.write([piece]), false)
  for (let i = 0; i < 5; i += 1) await sliced.stream.finishBatch()
  assert.deepEqual(
    sliced.stream.batches.map(batch => batch.map(part => part.length)),
    [[32_768], [32_768], [32_768], [4096]],
  )
  assert.ok(sliced.stream.batches.flat().every(part => part.buffer === piece.buffer))
  assert.equal(sliced.drains(), 1)
})

test('everything arrives in order whatever the frames and the pace, and drain follows every false', async () => {
  const frames = fc.array(fc.array(fc.nat(80_000), { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 6 })
  await fc.assert(
    fc.asyncProperty(
      frames,
      fc.constantFrom('whole' as const, 'sliced' as const),
      fc.boolean(),
      async (sizes, pieces, early) => {
        const { stream, writer, drains } = open(pieces)
        const all = sizes.map((frame, i) =>
          frame.map((size, j) => Buffer.alloc(size, String.fromCharCode(65 + ((i * 7 + j) % 26)))),
        )
        let isFull = false
        for (const frame of all) isFull = !writer.write(frame)
        if (early) writer.end()
        for (let i = 0; i < 100; i += 1) await stream.finishBatch()
        assert.ok(stream.bytes.equals(Buffer.concat(all.flat())))
        if (early) assert.equal(stream.writableFinished, true)
        else assert.equal(drains() > 0, isFull)
      },
    ),
    { numRuns: 50 },
  )
})
