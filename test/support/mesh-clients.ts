/** Clients without a proxy that hold a certificate of the mesh: what they do on a connection is up to the test. */

import { readFileSync } from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import type { TestContext } from 'node:test'
import tls, { type TLSSocket } from 'node:tls'
import { runCommand } from './processes.ts'

export interface MeshCertificate {
  readonly serialNumber: string
  readonly identity: string
  readonly cert: Buffer
  readonly key: Buffer
}

/** One more certificate for the service account, in a folder of its own. */
export async function issueCertificate(
  t: TestContext,
  place: { readonly data: string; readonly out: string },
  serviceAccount: string,
): Promise<MeshCertificate> {
  const names = ['--namespace', 'test', '--service-account', serviceAccount]
  const { data, out } = place
  const { code, stdout, stderr } = await runCommand(
    t,
    'ca',
    'issue',
    ...names,
    '--out',
    out,
    '--data',
    data,
    '-o',
    'json',
  )
  if (code !== 0) throw new Error(`no certificate for ${serviceAccount}: ${stderr}`)
  const { serialNumber, identity } = JSON.parse(stdout) as Pick<MeshCertificate, 'serialNumber' | 'identity'>
  const [cert, key] = ['cert-chain.pem', 'key.pem'].map(name => readFileSync(path.join(out, name)))
  if (cert === undefined || key === undefined) throw new Error('no files')
  return { serialNumber, identity, cert, key }
}

export interface TlsPlace {
  readonly host: string
  readonly port: number
  /** Instead of a new TCP connection. */
  readonly socket?: net.Socket
  readonly session?: Buffer
  readonly maxVersion?: tls.SecureVersion
}

export interface RawConnection {
  readonly socket: TLSSocket
  /** Ended or broken, by the server. */
  readonly closed: Promise<void>
  readonly isOpen: boolean
  readonly sessions: readonly Buffer[]
  /** What comes back for `text`; '' when the connection ends instead. */
  say(text: string): Promise<string>
  /** The status of a request for `/`; 0 when the connection ends instead. */
  get(): Promise<number>
  end(): void
}

/** After the handshake as the client sees it; with TLS 1.3 the server may refuse after that. Throws when it fails. */
export async function openTls({ cert, key }: MeshCertificate, place: TlsPlace): Promise<RawConnection> {
  const sessions: Buffer[] = []
  // Whom it reaches is known by address; who calls is what is tested.
  const socket = tls.connect({ cert, key, rejectUnauthorized: false, ...place })
  socket.on('session', session => sessions.push(session))
  let isOpen = true
  const closed = new Promise<void>(resolve =>
    socket.on('close', () => {
      isOpen = false
      resolve()
    }),
  )
  await new Promise<void>((resolve, reject) => {
    socket.once('secureConnect', resolve)
    socket.once('error', reject)
  })
  socket.on('error', () => undefined)
  const answer = (isWhole: (text: string) => boolean): Promise<string> =>
    new Promise(resolve => {
      let text = ''
      const done = (): void => {
        socket.off('data', take)
        socket.off('close', done)
        resolve(text)
      }
      const take = (chunk: Buffer): void => {
        text += chunk.toString()
        if (isWhole(text)) done()
      }
      socket.on('data', take)
      socket.on('close', done)
      if (!isOpen) done()
    })
  return {
    socket,
    closed,
    get isOpen() {
      return isOpen
    },
    sessions,
    say(text) {
      const answered = answer(got => got.length >= text.length)
      socket.write(text)
      return answered
    },
    async get() {
      const answered = answer(got => {
        const [head = '', body] = got.split('\r\n\r\n')
        const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0)
        return (
          body !== undefined &&
          (/transfer-encoding/i.test(head)
            ? body.endsWith('0\r\n') || got.endsWith('0\r\n\r\n')
            : body.length >= length)
        )
      })
      socket.write('GET / HTTP/1.1\r\nhost: web.test.internal\r\n\r\n')
      return Number(/^HTTP\/1.1 (\d+)/.exec(await answered)?.[1] ?? 0)
    },
    end: () => socket.destroy(),
  }
}

export interface Valve {
  readonly port: number
  /** Clients whose first words were answered. */
  readonly answered: number
  /** Lets through what the client has said since its first words, and all that follows. */
  open(): void
}

/** Passes on only the first words of a client, such as its ClientHello, until it is opened. */
export async function startValve(t: Pick<TestContext, 'after'>, host: string, port: number): Promise<Valve> {
  const held: (() => void)[] = []
  let isOpen = false
  let answered = 0
  const server = net.createServer(client => {
    const upstream = net.connect(port, host)
    let first = true
    client.on('data', chunk => {
      if (first || isOpen) upstream.write(chunk)
      else held.push(() => upstream.write(chunk))
      first = false
    })
    upstream.once('data', () => {
      answered += 1
    })
    upstream.pipe(client)
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      socket.on('error', () => undefined)
      socket.on('close', () => other.destroy())
    }
    t.after(() => client.destroy())
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no address')
  return {
    port: address.port,
    get answered() {
      return answered
    },
    open() {
      isOpen = true
      for (const pass of held.splice(0)) pass()
    },
  }
}
