import assert from 'node:assert/strict'
import { test } from 'node:test'
import { effectivePolicy } from './traffic-policy.ts'

const tls = (mode: 'DISABLE' | 'SIMPLE' | 'ISTIO_MUTUAL') => ({ tls: { mode } })
const pool = { connectionPool: { tcp: { maxConnections: 1 } } }

test('a narrower level overrides setting by setting', () => {
  assert.deepEqual(effectivePolicy(80, [{ ...tls('DISABLE'), ...pool }, tls('SIMPLE')]), { ...tls('SIMPLE'), ...pool })
  assert.deepEqual(effectivePolicy(80, [undefined, pool]), pool)
  assert.deepEqual(effectivePolicy(80, []), {})
})

test('settings of a port replace all, and what they leave out is not inherited', () => {
  const whole = { ...tls('DISABLE'), ...pool, portLevelSettings: [{ port: { number: 80 }, ...tls('SIMPLE') }] }
  assert.deepEqual(effectivePolicy(80, [whole]), tls('SIMPLE'))
  assert.deepEqual(effectivePolicy(81, [whole]), { ...tls('DISABLE'), ...pool })
})

test("a subset's own word is narrower than the whole rule's word about a port", () => {
  const whole = { portLevelSettings: [{ port: { number: 80 }, ...tls('SIMPLE') }] }
  assert.deepEqual(effectivePolicy(80, [whole, tls('ISTIO_MUTUAL')]), tls('ISTIO_MUTUAL'))
})
