import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { credentialPath, writeCredential } from '../admin/credential.ts'
import { errorFrom } from '../platform/errors.ts'
import { serverPair } from '../platform/testing/server-pair.ts'
import { managementClient } from './management-client.ts'

interface Called {
  readonly answer: string
  /** Of the authorization that arrived at the server. */
  readonly received: string | undefined
}

/** Calls a server whose certificate holds `names`, with a credential that trusts `root`, or else the server's own. */
async function call(names: readonly string[], root?: string, answer = 'hello'): Promise<Called> {
  const pair = await serverPair(names)
  let received: string | undefined
  const server = https.createServer({ key: pair.keyPem, cert: pair.certPem }, (request, response) => {
    received = request.headers.authorization
    response.writeHead(answer === 'hello' ? 200 : 500).end(answer)
  })
  await new Promise<void>(resolve => void server.listen(0, '127.0.0.1', resolve))
  const directory = mkdtempSync(path.join(tmpdir(), 'meshwright-cli-'))
  try {
    const address = `127.0.0.1:${(server.address() as AddressInfo).port}`
    writeCredential(directory, { address, rootPem: root ?? pair.rootPem, token: 't'.repeat(43) })
    const text = await managementClient(credentialPath(directory))
      .get('/v1/proxies')
      .catch((thrown: unknown) => errorFrom(thrown).message)
    return { answer: text, received }
  } finally {
    server.closeAllConnections()
    server.close()
    rmSync(directory, { recursive: true })
  }
}

test('the daemon is called with the token, under the name that its certificate always holds', async () => {
  assert.deepEqual(await call(['localhost']), { answer: 'hello', received: `Bearer ${'t'.repeat(43)}` })
})

test('GO-2026-6010, -6013: a server with a certificate of the mesh that is not the daemon never sees the token', async () => {
  for (const names of [['spiffe://cluster.local/ns/shop/sa/web'], ['elsewhere.example']]) {
    const { answer, received } = await call(names)
    assert.match(answer, /cannot call the daemon/)
    assert.equal(received, undefined)
  }
})

test('GO-2026-6010, -6013: a server under another root never sees the token, and there is no way to say so', async () => {
  const other = await serverPair(['localhost'])
  const { answer, received } = await call(['localhost'], other.rootPem)
  assert.match(answer, /cannot call the daemon/)
  assert.equal(received, undefined)
})

test('TOB Linkerd 2022: an error that repeats what somebody sent cannot drive the terminal', async () => {
  const error = JSON.stringify({ error: { code: 'PROXY_AMBIGUOUS', message: 'two\u001b[2J', remedy: 'x\u009b' } })
  assert.equal((await call(['localhost'], undefined, error)).answer, 'two\\x1b[2J')
})
