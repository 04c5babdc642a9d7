/**
 * Another authority that speaks IstioCertificateService: the workload's own request is relayed, and this daemon, with a
 * credential of its own, vouches for whose it is (`ImpersonatedIdentity`, as node proxies do).
 */

import type { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createSecureContext } from 'node:tls'
import type * as Grpc from '@grpc/grpc-js'
import type { Clock } from '../../../platform/clock.ts'
import { MeshwrightError } from '../../../platform/errors.ts'
import { grpcLibrary } from '../../../platform/late-libraries.ts'
import type { Log } from '../../../platform/log.ts'
import type { SecretSealer } from '../../sealed-secrets.ts'
import { createCertificatePath } from '../../service/certificate-messages.ts'
import type { UpstreamSettings } from '../../settings/issuer.ts'
import { certificatesIn, pathToRoot, pemOf, rootsIn } from '../chain.ts'
import type { RemoteAuthority } from '../remote/remote-mode.ts'
import { createOwnCertificate, type OwnCertificate } from './own-certificate.ts'
import type { ShownCertificate } from './shown-certificate.ts'
import { tokenStatus } from './shown-token.ts'
import { upstreamMessages } from './upstream-messages.ts'

const timeoutMs = 10_000

export interface UpstreamOptions {
  readonly settings: UpstreamSettings
  /** The data directory. */
  readonly directory: string
  readonly sealer: SecretSealer
  readonly clock: Clock
  readonly log: Log
}

export function createUpstreamAuthority(options: UpstreamOptions): RemoteAuthority {
  const { settings, clock } = options
  const { credential, tokenFile } = settings
  const messages = upstreamMessages()
  let client: Grpc.Client | undefined
  let madeOf = ''

  /** A new connection when the files of the credential have changed; calls under way keep the old one. */
  const connected = (): Grpc.Client => {
    try {
      const rootsPem = textOf(settings.rootsFile)
      const shown = own?.current()
      const material = JSON.stringify([rootsPem, shown?.certificatePem, shown?.keyPem])
      if (client !== undefined && material === madeOf) return client
      const made = connect(settings, rootsPem, shown)
      client?.close()
      client = made
      madeOf = material
      return client
    } catch (cause) {
      // Files that are being replaced do not fit for a moment; what was connected with them before still does.
      if (client !== undefined) return client
      throw unavailable(`the credential cannot be used: ${(cause as Error).message}`, cause)
    }
  }
  const call = (body: Buffer): Promise<Buffer> => {
    const [channel, metadata] = [connected(), callMetadata(settings)]
    const deadline = new Date(clock.now() + timeoutMs)
    return new Promise((resolve, reject) => {
      channel.makeUnaryRequest(createCertificatePath, asIs, asIs, body, metadata, { deadline }, (error, answer) => {
        if (error === null) {
          resolve(answer ?? Buffer.alloc(0))
          return
        }
        // The library would wait longer and longer before it tries again, and refuse all calls meanwhile.
        if (error.code === grpcLibrary().status.UNAVAILABLE && client === channel) client = undefined
        if (client !== channel) channel.close()
        reject(errorFromStatus(error))
      })
    })
  }
  const own: OwnCertificate | undefined =
    credential === undefined
      ? undefined
      : createOwnCertificate({
          ...options,
          files: credential,
          renewal: settings.renewCredential === false ? 'none' : 'automatic',
          async ask(csr, ttlMs) {
            const validitySeconds = Math.max(1, Math.floor(ttlMs / 1000))
            const body = messages.encodeRequest({ csr, validitySeconds, impersonatedIdentity: undefined })
            const answer = await call(body)
            const { leaf, intermediates } = answerFrom(decoded(() => messages.decodeAnswer(answer)))
            const given = { intermediates, roots: pinnedRoots(), nowMs: clock.now(), authoritiesBelow: 0 }
            return [leaf, ...pathToRoot(leaf, given).intermediates].map(pemOf).join('')
          },
        })
  const pinnedRoots = (): readonly X509Certificate[] => rootsIn(textOf(settings.rootsFile), settings.rootsFile)
  return {
    async start() {
      pinnedRoots()
      own?.start()
      requireUsable(own)
    },
    credentials: () => [
      ...(own === undefined ? [] : [own.status(clock.now())]),
      ...(tokenFile === undefined ? [] : [tokenStatus(tokenFile)]),
    ],
    credentialFailures: () => own?.failures ?? 0,
    stop() {
      own?.stop()
      client?.close()
      client = undefined
    },
    roots: async () => pinnedRoots(),
    async sign({ publicKey, ttlMs }, proof) {
      if (proof.kind !== 'workload' || publicKey.request === undefined) {
        throw refused('only requests of workloads can be relayed: issuer.server has to name files', undefined)
      }
      const answer = await call(
        messages.encodeRequest({
          csr: publicKey.request(),
          validitySeconds: Math.max(1, Math.floor(ttlMs / 1000)),
          impersonatedIdentity: proof.identity.uri,
        }),
      )
      return answerFrom(decoded(() => messages.decodeAnswer(answer)))
    },
  }
}

function connect(settings: UpstreamSettings, rootsPem: string, shown: ShownCertificate | undefined): Grpc.Client {
  const context = createSecureContext({
    ca: rootsPem,
    minVersion: 'TLSv1.2',
    ...(shown === undefined ? {} : { cert: shown.certificatePem, key: shown.keyPem }),
  })
  const serverName = settings.serverName ?? settings.address.replace(/:\d+$/, '').replace(/^\[|\]$/g, '')
  const grpc = grpcLibrary()
  return new grpc.Client(settings.address, grpc.credentials.createFromSecureContext(context), {
    'grpc.ssl_target_name_override': serverName,
    'grpc.default_authority': serverName,
    // An upstream whose machine vanished says nothing: ask.
    'grpc.keepalive_time_ms': 30_000,
    'grpc.keepalive_timeout_ms': 10_000,
    'grpc.max_reconnect_backoff_ms': 5_000,
    'grpc.use_local_subchannel_pool': 1,
    'grpc.service_config_disable_resolution': 1,
    'grpc.enable_http_proxy': 0,
  })
}

function callMetadata({ tokenFile, clusterId }: UpstreamSettings): Grpc.Metadata {
  const metadata = new (grpcLibrary().Metadata)()
  if (tokenFile !== undefined) metadata.set('authorization', `Bearer ${textOf(tokenFile).trim()}`)
  if (clusterId !== undefined) metadata.set('clusterid', clusterId)
  return metadata
}

/** Throws `CA_SETTINGS_INVALID`. */
function requireUsable(own: OwnCertificate | undefined): void {
  try {
    own?.current()
  } catch (cause) {
    throw new MeshwrightError('CA_SETTINGS_INVALID', {
      message: `issuer.upstream.credential: ${(cause as Error).message}`,
      remedy: 'Put the certificate chain and its key in place, as PEM.',
      cause,
    })
  }
}

const asIs = (body: Buffer): Buffer => body

function answerFrom(elements: readonly string[]): Awaited<ReturnType<RemoteAuthority['sign']>> {
  const bundle = elements.at(-1)
  if (bundle === undefined || elements.length < 2) throw refused('the answer holds no chain with roots', undefined)
  return decoded(() => {
    // Some authorities put several certificates into one element.
    const [leaf, ...intermediates] = certificatesIn(elements.slice(0, -1).join(''), 'the chain')
    if (leaf === undefined) throw new Error('the chain is empty')
    return { leaf, intermediates, roots: rootsIn(bundle, 'the bundle of roots') }
  })
}

function decoded<T>(read: () => T): T {
  try {
    return read()
  } catch (cause) {
    throw refused(`the answer cannot be read: ${(cause as Error).message}`, cause)
  }
}

/** Those that a retry with the same credential may turn. */
const passing: ReadonlySet<string | undefined> = new Set([
  'UNAVAILABLE',
  'DEADLINE_EXCEEDED',
  'RESOURCE_EXHAUSTED',
  'ABORTED',
  'CANCELLED',
])

function errorFromStatus(error: Grpc.ServiceError): MeshwrightError {
  const name = grpcLibrary().status[error.code]
  const text = `${name}: ${error.details}`
  if (!passing.has(name)) return refused(`the issuer refused: ${text}`, error)
  return unavailable(`the issuer does not answer: ${text}`, error)
}

function unavailable(message: string, cause: unknown): MeshwrightError {
  const remedy = 'See that the issuer runs and is reached at its address.'
  return new MeshwrightError('CA_ISSUER_UNAVAILABLE', { message, remedy, cause })
}

function refused(message: string, cause: unknown): MeshwrightError {
  return new MeshwrightError('CA_ISSUER_REFUSED', {
    message,
    remedy: "See that the issuer lets this daemon's identity ask for others.",
    cause,
  })
}

/** Throws `CA_SETTINGS_INVALID`: a file that the settings name. */
function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new MeshwrightError('CA_SETTINGS_INVALID', {
      message: `issuer.upstream: ${(cause as Error).message}`,
      remedy: 'Put the file in place, or correct the settings.',
      cause,
    })
  }
}
