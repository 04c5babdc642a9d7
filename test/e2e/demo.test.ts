import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { checks } from '../../examples/photo-app/checks/all.ts'

const demo = fileURLToPath(new URL('../../examples/photo-app/demo.ts', import.meta.url))

test('the demo comes up and every one of its checks passes', async () => {
  const { code, stdout, stderr } = await new Promise<{ code: number; stdout: string; stderr: string }>(resolve => {
    execFile(process.execPath, [demo, '--once'], (error, out, err) =>
      resolve({ code: error === null ? 0 : 1, stdout: out, stderr: err }),
    )
  })
  assert.equal(code, 0, `${stdout}\n${stderr}`)
  assert.equal(stdout.match(/^pass /gm)?.length, checks.length)
})
