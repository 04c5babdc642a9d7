import assert from 'node:assert/strict'
import { mkdtempSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { environmentName, parseHostPort, resolveServeOptions, serveOptions } from './options.ts'

function optionsFile(text: string): string {
  const file = path.join(mkdtempSync(path.join(os.tmpdir(), 'meshwright-options-')), 'options.yaml')
  writeFileSync(file, text)
  return file
}

test('a flag beats the environment, which beats the file, which beats the default, and each origin is named', () => {
  const file = optionsFile('httpAddress: 127.0.0.1:1\nlogLevel: warn\ndata: /from/file\n')
  const { values, origins } = resolveServeOptions({ data: ['/from/flag'] }, file, {
    MESHWRIGHT_DATA: '/from/env',
    MESHWRIGHT_LOG_LEVEL: 'debug',
    MESHWRIGHT_CONFIG: '/a:/b',
  })
  assert.deepEqual(
    [values.data, values.logLevel, values.httpAddress.port, values.secureAddress.port, values.config],
    ['/from/flag', 'debug', 1, 15012, ['/a', '/b']],
  )
  assert.deepEqual(
    [origins.data, origins.logLevel, origins.httpAddress, origins.secureAddress],
    ['flag --data', 'environment MESHWRIGHT_LOG_LEVEL', `file ${file}:1`, 'default'],
  )
})

test('a bad value names the flag, the variable, or the file and line it came from', () => {
  assert.throws(
    () => resolveServeOptions({ secureAddress: ['nonsense'] }, undefined, {}),
    /flag --secure-address: "nonsense" is not HOST:PORT/,
  )
  assert.throws(
    () => resolveServeOptions({}, undefined, { MESHWRIGHT_LOG_LEVEL: 'loud' }),
    /MESHWRIGHT_LOG_LEVEL: "loud" is not one of/,
  )
  const file = optionsFile('logLevel: info\nhttpAddres: 127.0.0.1:1\n')
  assert.throws(() => resolveServeOptions({}, file, {}), new RegExp(`${file}:2: no option httpAddres`))
})

test('an address has a host and a port, IPv6 in brackets', () => {
  assert.deepEqual(parseHostPort('[::1]:15012'), { host: '::1', port: 15012 })
  assert.deepEqual(parseHostPort(':0'), { host: '0.0.0.0', port: 0 })
  for (const text of ['host', 'host:', 'host:70000', '::1:80', 'host:x']) assert.throws(() => parseHostPort(text))
})

test('every option has an environment name of its own', () => {
  const names = Object.values(serveOptions).map(environmentName)
  assert.equal(new Set(names).size, names.length)
  assert.ok(names.includes('MESHWRIGHT_MANAGEMENT_ADDRESS'))
})
