/** Servers and clients of bare TCP. */

import net from 'node:net'
import type { TestContext } from 'node:test'

export interface TcpServer {
  /** All that it got. */
  readonly received: string
}

/** Sends `greeting` to whoever connects and returns what it gets in capitals; ends with the test. */
export async function startTcpServer(
  t: Pick<TestContext, 'after'>,
  host: string,
  port: number,
  greeting = '',
): Promise<TcpServer> {
  const sockets = new Set<net.Socket>()
  let received = ''
  const server = net.createServer(socket => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    if (greeting !== '') socket.write(greeting)
    socket.on('data', chunk => {
      received += chunk.toString()
      socket.write(chunk.toString().toUpperCase())
    })
  })
  await new Promise<void>(resolve => server.listen(port, host, resolve))
  t.after(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return {
    get received() {
      return received
    },
  }
}

/** Sends `text` (nothing when it is empty), and gives what came back until `bytes` were there, the end or a fault. */
export function tcpCall(host: string, port: number, text: string, bytes: number): Promise<string> {
  return new Promise(resolve => {
    let answer = ''
    const socket = net.connect(port, host, () => {
      if (text !== '') socket.write(text)
    })
    socket.setTimeout(5_000, () => socket.destroy())
    socket.on('error', () => socket.destroy())
    socket.on('close', () => resolve(answer))
    socket.on('data', chunk => {
      answer += chunk.toString()
      if (answer.length >= bytes) socket.destroy()
    })
  })
}
