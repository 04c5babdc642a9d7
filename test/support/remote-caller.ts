/** The test's side of a `remote-application`: calls made from another network namespace. */

import { createInterface } from 'node:readline'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { CallResult, CallTarget } from './mesh.ts'
import type { Network } from './network-namespaces.ts'
import type { RemoteCall } from './remote-application.ts'

export interface RemoteApplication {
  http(target: CallTarget): Promise<CallResult>
  /** As `tcpCall`. */
  tcp(host: string, port: number, text: string, bytes: number): Promise<string>
}

const program = fileURLToPath(new URL('remote-application.ts', import.meta.url))

/** `listeners` as the program takes them. Resolves when it listens; rejects when it ends before. */
export async function startRemoteApplication(
  t: TestContext,
  network: Network,
  where: string,
  listeners: readonly string[],
): Promise<RemoteApplication> {
  const { child, ended } = network.start(t, where, [process.execPath, program, where, ...listeners])
  const waiting = new Map<number, (answer: unknown) => void>()
  let last = 0
  const { stdin, stdout } = child
  if (stdin === null || stdout === null) throw new Error('no pipes')
  createInterface(stdout).on('line', line => {
    const { id, answer } = JSON.parse(line) as { id: number; answer: unknown }
    waiting.get(id)?.(answer)
    waiting.delete(id)
  })
  const ready = new Promise<unknown>(resolve => waiting.set(0, resolve))
  const failed = ended.then(({ code, stderr }) => {
    throw new Error(`the application of ${where} ended with ${code}:\n${stderr}`)
  })
  failed.catch(() => {})
  await Promise.race([ready, failed])
  const ask = (request: RemoteCall): Promise<unknown> => {
    last += 1
    const answer = new Promise(resolve => waiting.set(last, resolve))
    stdin.write(`${JSON.stringify({ id: last, request })}\n`)
    return Promise.race([answer, failed])
  }
  return {
    http: async target => (await ask({ kind: 'http', target })) as CallResult,
    tcp: async (host, port, text, bytes) => (await ask({ kind: 'tcp', host, port, text, bytes })) as string,
  }
}
