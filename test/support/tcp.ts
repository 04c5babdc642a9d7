/** Servers and clients of bare TCP. */

import net from 'node:net'
import type { TestContext } from 'node:test'

export interface TcpServer {
  /** Connections that have reached it. */
  readonly connections: number
}

/** Sends `greeting` to whoever connects and returns what it gets in capitals; ends with the test. */
export async function startTcpServer(t: TestContext, host: string, port: number, greeting = ''): Promise<TcpServer> {
  const sockets = new Set<net.Socket>()
  let connections = 0
  const server = net.createServer(socket => {
    connections += 1
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    if (greeting !== '') socket.write(greeting)
    socket.on('data', chunk => socket.write(chunk.toString().toUpperCase()))
  })
  await new Promise<void>(resolve => server.listen(port, host, resolve))
  t.after(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return {
    get connections() {
      return connections
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
