import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { frameOf } from '../platform/rpc.ts'
import { AssemblyBudget } from './assembly-budget.ts'
import { MessageReader } from './message-reader.ts'
import { SpareBuffer } from './spare-buffer.ts'

const maxMessageBytes = 10_000
const budgetBytes = 20_000

interface Outcome {
  readonly messages: readonly string[]
  readonly fault: string | undefined
}

/** Feeds `chunks` as a stream would: after a fault nothing more. */
function read(chunks: readonly Uint8Array[], spare?: SpareBuffer): Outcome {
  const budget = new AssemblyBudget(budgetBytes)
  const messages: string[] = []
  const reader = new MessageReader({
    maxMessageBytes,
    budget,
    spare,
    onMessage: body => messages.push(Buffer.from(body).toString('hex')),
  })
  const before = budget.leftBytes
  let fault: string | undefined
  for (const chunk of chunks) fault ??= reader.push(chunk)?.code
  fault ??= reader.end()?.code
  reader.stop()
  assert.equal(budget.leftBytes, before, 'what was taken is given back')
  return { messages, fault }
}

function split(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const at = [0, ...cuts.map(cut => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]
  return at.slice(1).map((end, i) => bytes.subarray(at[i], end))
}

const cutsArbitrary = fc.array(fc.nat(100_000), { maxLength: 40 })

test('messages are the same however the bytes are cut into chunks', () => {
  const bodies = fc.array(fc.uint8Array({ maxLength: 3000 }), { maxLength: 8 })
  fc.assert(
    fc.property(bodies, cutsArbitrary, (messages, cuts) => {
      const bytes = Buffer.concat(messages.flatMap(body => [...frameOf(body)]))
      assert.deepEqual(read(split(bytes, cuts)), {
        messages: messages.map(body => Buffer.from(body).toString('hex')),
        fault: undefined,
      })
    }),
  )
})

test('readers that share a spare buffer take turns with it, and read the same', () => {
  const spare = new SpareBuffer()
  const bodies = fc.array(fc.uint8Array({ minLength: 3000, maxLength: 9000 }), { maxLength: 4 })
  fc.assert(
    fc.property(bodies, cutsArbitrary, (messages, cuts) => {
      const bytes = Buffer.concat(messages.flatMap(body => [...frameOf(body)]))
      const other = new MessageReader({
        maxMessageBytes,
        budget: new AssemblyBudget(budgetBytes),
        spare,
        onMessage: () => assert.fail('its message is not whole'),
      })
      if (cuts.length % 2 === 1) other.push(Buffer.concat([Buffer.from([0, 0, 0, 0x27, 0x10]), Buffer.alloc(5000)]))
      assert.deepEqual(read(split(bytes, cuts), spare), {
        messages: messages.map(body => Buffer.from(body).toString('hex')),
        fault: undefined,
      })
      other.stop()
      const lent = spare.take()
      assert.ok(lent !== undefined, 'it was given back')
      spare.giveBack(lent)
    }),
  )
})

test('arbitrary bytes give the same messages and the same fault however they are cut', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), cutsArbitrary, (garbage, cuts) => {
      // Mostly zero in the high bytes of the length, so that some prefixes are acceptable.
      const bytes = Buffer.from(garbage.map((byte, i) => (i % 7 < 4 ? byte % 2 : byte)))
      assert.deepEqual(read(split(bytes, cuts)), read([bytes]))
    }),
  )
})

const corpus = new URL('./corpus/message-reader/', import.meta.url)

for (const name of readdirSync(corpus).filter(file => file.endsWith('.bin'))) {
  test(`corpus ${name} reads as recorded, whole and byte by byte`, () => {
    const bytes = readFileSync(new URL(name, corpus))
    const expected = JSON.parse(readFileSync(new URL(name.replace('.bin', '.json'), corpus), 'utf8'))
    for (const chunks of [[bytes], [...bytes].map(byte => Buffer.from([byte]))]) {
      const { messages, fault } = read(chunks)
      assert.deepEqual({ messages, fault: fault ?? null }, expected)
    }
  })
}

test('a message that lies in one chunk is not copied', () => {
  const chunk = Buffer.concat([...frameOf(Buffer.from('one')), ...frameOf(Buffer.from('two'))])
  const seen: Uint8Array[] = []
  const reader = new MessageReader({
    maxMessageBytes,
    budget: new AssemblyBudget(0),
    onMessage: body => seen.push(body),
  })
  assert.equal(reader.push(chunk), undefined)
  assert.ok(seen.every(body => body.buffer === chunk.buffer))
  assert.deepEqual(
    seen.map(body => Buffer.from(body).toString()),
    ['one', 'two'],
  )
})

test('a message over the limit is refused by its prefix, before a byte of it is held', () => {
  const budget = new AssemblyBudget(budgetBytes)
  const reader = new MessageReader({ maxMessageBytes, budget, onMessage: () => assert.fail('no message') })
  const fault = reader.push(Buffer.from([0, 0, 0, 0x27, 0x11]))
  assert.deepEqual(fault, {
    code: 'RESOURCE_EXHAUSTED',
    message: 'message of 10001 bytes is larger than the limit of 10000',
  })
  assert.equal(budget.leftBytes, budgetBytes)
  assert.equal(reader.push(Buffer.alloc(100)), undefined)
})

test('memory follows what has arrived, not what the prefix announces', () => {
  const budget = new AssemblyBudget(budgetBytes)
  const reader = new MessageReader({ maxMessageBytes, budget, onMessage: () => undefined })
  reader.push(Buffer.from([0, 0, 0, 0x27, 0x10, 1]))
  assert.equal(budgetBytes - budget.leftBytes, 4096)
})

test('readers that share a budget refuse what is past it, and others go on', () => {
  const budget = new AssemblyBudget(9000)
  const open = (): MessageReader => new MessageReader({ maxMessageBytes, budget, onMessage: () => undefined })
  const start = Buffer.from([0, 0, 0, 0x27, 0x10, 1])
  const readers = [open(), open(), open()]
  assert.deepEqual(
    readers.map(reader => reader.push(start)?.code),
    [undefined, undefined, 'RESOURCE_EXHAUSTED'],
  )
  readers[0]?.stop()
  assert.equal(open().push(start), undefined)
})

test('a handler that stops the reader gets nothing more from the same chunk', () => {
  const seen: number[] = []
  const reader: MessageReader = new MessageReader({
    maxMessageBytes,
    budget: new AssemblyBudget(budgetBytes),
    onMessage: body => {
      seen.push(body.length)
      reader.stop()
    },
  })
  reader.push(Buffer.concat([...frameOf(Buffer.from('a')), ...frameOf(Buffer.from('bb'))]))
  assert.deepEqual(seen, [1])
  assert.equal(reader.end(), undefined)
})
