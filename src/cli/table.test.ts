import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ProxyStatus } from '../admin/daemon-view.ts'
import { formatEntries } from './ca/log.ts'
import { formatProxies } from './get-proxies.ts'
import { formatTable, printable, printableLines } from './table.ts'

const clearScreen = '\u001b[2J'
const rightToLeft = '\u202e'
const unprintable = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u

test('columns are as wide as their widest cell, and lines end without blanks', () => {
  assert.equal(formatTable(['A', 'LONGER'], [['wide cell', '']]), 'A          LONGER\nwide cell\n')
})

test('TOB Linkerd 2022: what proxies and agents say cannot drive the terminal or look like another name', () => {
  const hostile = `a${clearScreen}\n\u009b1m${rightToLeft}\u2028\u200b`
  assert.equal(printable(hostile), 'a\\x1b[2J\\x0a\\x9b1m\\u{202e}\\u{2028}\\u{200b}')
  assert.equal(printableLines('one\ntwo\r'), 'one\ntwo\\x0d')
  for (const line of formatTable([hostile], [[hostile]])
    .trimEnd()
    .split('\n'))
    assert.doesNotMatch(line, unprintable)
})

test('TOB Linkerd 2022: a node id and a refusal are escaped wherever `get proxies` prints them', () => {
  const proxy: ProxyStatus = {
    node: `sidecar~10.0.0.1~a${clearScreen}.shop~x`,
    identity: '',
    address: '',
    variant: 'delta',
    version: clearScreen,
    connectedAt: '',
    types: [
      {
        type: 'clusters',
        typeUrl: 'x',
        state: 'rejected',
        acknowledged: 0,
        rejection: { message: `bad\n${clearScreen}`, at: '2030-01-01T00:00:00Z' },
      },
    ],
  }
  const lines = formatProxies([proxy]).trimEnd().split('\n')
  assert.equal(lines.length, 4)
  for (const line of lines) assert.doesNotMatch(line, unprintable)
})

test('TOB Linkerd 2022: an entry of the log is one line, whatever was asked for', () => {
  const details = { reason: `x\n${clearScreen}` }
  const printed = formatEntries([{ index: 0, at: '', kind: 'refusal', identity: rightToLeft, details }])
  assert.equal(printed.trimEnd().split('\n').length, 2)
  assert.doesNotMatch(printed.replaceAll('\n', ''), unprintable)
})
