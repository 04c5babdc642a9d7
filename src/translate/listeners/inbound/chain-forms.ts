/**
 * Which filter chains a port needs: what a client may speak there, by the port's protocol and its mutual TLS mode. HTTP
 * and TCP inside mutual TLS are told apart by the protocols that mesh clients offer.
 */

import type { MtlsMode } from '../../../discovery/peer-authentication.ts'
import { isHttp } from '../../../discovery/protocol.ts'
import type { Protocol } from '../../../discovery/service.ts'

export interface ChainForm {
  /** Undefined: any. */
  readonly transport?: 'tls' | 'raw_buffer'
  readonly applicationProtocols: readonly string[]
  readonly traffic: 'http' | 'tcp'
  /** `mutual`: TLS of the mesh ends here; `none`: bytes are passed on as they come. */
  readonly tls: 'mutual' | 'none'
}

const meshHttp = ['istio-http/1.0', 'istio-http/1.1', 'istio-h2']
const meshTcp = ['istio-peer-exchange', 'istio']
const mesh = [...meshHttp, ...meshTcp]
const plaintextHttp = ['http/1.1', 'h2c']

/** In the order in which Istio lists them; Envoy takes the most specific. */
export function chainForms(protocol: Protocol, mode: MtlsMode): readonly ChainForm[] {
  return table[mode][isHttp(protocol) ? 'http' : protocol === 'auto' ? 'auto' : 'tcp']
}

const form = (
  traffic: ChainForm['traffic'],
  tls: ChainForm['tls'],
  transport: 'tls' | 'raw_buffer',
  applicationProtocols: readonly string[] = [],
): ChainForm => ({ transport, applicationProtocols, traffic, tls })

const table: Readonly<Record<MtlsMode, Readonly<Record<'auto' | 'http' | 'tcp', readonly ChainForm[]>>>> = {
  PERMISSIVE: {
    auto: [
      form('http', 'mutual', 'tls', meshHttp),
      form('http', 'none', 'raw_buffer', plaintextHttp),
      form('tcp', 'mutual', 'tls', meshTcp),
      form('tcp', 'none', 'raw_buffer'),
      // TLS that is the application's own.
      form('tcp', 'none', 'tls'),
    ],
    http: [form('http', 'mutual', 'tls', mesh), form('http', 'none', 'raw_buffer')],
    tcp: [form('tcp', 'mutual', 'tls', mesh), form('tcp', 'none', 'tls'), form('tcp', 'none', 'raw_buffer')],
  },
  STRICT: {
    auto: [form('http', 'mutual', 'tls', meshHttp), form('tcp', 'mutual', 'tls')],
    http: [form('http', 'mutual', 'tls')],
    tcp: [form('tcp', 'mutual', 'tls')],
  },
  DISABLE: {
    auto: [form('http', 'none', 'raw_buffer', plaintextHttp), form('tcp', 'none', 'raw_buffer')],
    http: [form('http', 'none', 'raw_buffer')],
    tcp: [form('tcp', 'none', 'raw_buffer')],
  },
}
