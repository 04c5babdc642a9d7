import assert from 'node:assert/strict'
import { test } from 'node:test'
import { format, inspect, isDeepStrictEqual } from 'node:util'
import { plainEqual } from '../../graph/equality.ts'
import { secretBytes } from './secret-bytes.ts'

test('no way of printing shows a secret', () => {
  const value = secretBytes(Buffer.from('hunter2'))
  const spec = { data: { password: value } }
  const shown = [
    JSON.stringify(spec),
    inspect(spec, { depth: 9, showHidden: true }),
    format('%s %o %O %j', value, value, spec, spec),
    `${value}`,
    String(value),
    value.toLocaleString(),
  ].join('\n')
  assert.doesNotMatch(shown, /hunter2|104, ?117|68 75 6e/)
  assert.match(shown, /\(secret\)/)
})

test('whoever needs the bytes has them, and equal ones are equal', () => {
  const value = secretBytes(Buffer.from('hunter2'))
  assert.equal(Buffer.from(value).toString(), 'hunter2')
  assert.equal(value.buffer.byteLength, 7)
  const same = secretBytes(Buffer.from('hunter2'))
  const other = secretBytes(Buffer.from('hunter3'))
  assert.deepEqual([plainEqual(value, same), plainEqual(value, other)], [true, false])
  assert.deepEqual([isDeepStrictEqual(value, same), isDeepStrictEqual(value, other)], [true, false])
})
