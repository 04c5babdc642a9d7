/**
 * A program for another network namespace: serves on the addresses that its command line gives (`http:PORT`, `tcp:PORT`,
 * `greeting:PORT`), and makes the calls that come as JSON lines on standard input.
 */

import { createInterface } from 'node:readline'
import { type CallTarget, call, startApplication } from './mesh.ts'
import { startTcpServer, tcpCall } from './tcp.ts'

export type RemoteCall =
  | { readonly kind: 'http'; readonly target: CallTarget }
  | {
      readonly kind: 'tcp'
      readonly host: string
      readonly port: number
      readonly text: string
      readonly bytes: number
    }

function answerTo(request: RemoteCall): Promise<unknown> {
  if (request.kind === 'http') return call(request.target)
  return tcpCall(request.host, request.port, request.text, request.bytes)
}

/** It serves until it is killed. */
const forever = { after: () => undefined }

async function serve(kind: string, port: string): Promise<void> {
  if (kind === 'http') await startApplication(forever, name, '0.0.0.0', Number(port))
  else await startTcpServer(forever, '0.0.0.0', Number(port), kind === 'greeting' ? 'welcome' : '')
}

const [name = '', ...listeners] = process.argv.slice(2)
await Promise.all(listeners.map(listener => serve(...(listener.split(':') as [string, string]))))
process.stdout.write(`${JSON.stringify({ id: 0, answer: 'ready' })}\n`)
createInterface(process.stdin).on('line', async line => {
  const { id, request } = JSON.parse(line) as { id: number; request: RemoteCall }
  process.stdout.write(`${JSON.stringify({ id, answer: await answerTo(request) })}\n`)
})
