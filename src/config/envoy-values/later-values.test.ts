import assert from 'node:assert/strict'
import { test } from 'node:test'
import protobuf from 'protobufjs'
import { createProtoLibrary } from '../../platform/protobuf.ts'
import { laterValues } from './later-values.ts'

test('a value is called a later one only while the shipped messages lack it', () => {
  const library = createProtoLibrary()
  for (const [name, values = []] of Object.entries(laterValues)) {
    const dot = name.lastIndexOf('.')
    const known = library.type(name.slice(0, dot))?.get(name.slice(dot + 1))
    assert.ok(known instanceof protobuf.Enum, name)
    for (const value of values) assert.ok(!Object.hasOwn(known.values, value), `${name} has ${value}`)
  }
})
