/** The shape of a path that an HTTP side answers, and what its handler gets and gives. */

import { MeshwrightError } from '../../platform/errors.ts'
import type { DaemonView } from '../daemon-view.ts'

export interface RouteRequest {
  readonly parameters: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  /** Of a POST, parsed JSON unless its route says otherwise; undefined otherwise. */
  readonly body: unknown
  /** The header of that name. */
  readonly ifNoneMatch: string | undefined
  /** `IP:PORT` of the caller. */
  readonly peerAddress: string
}

export interface RouteAnswer {
  readonly status: number
  readonly contentType: string
  readonly body: string | Buffer
  /** Beside those that every answer has, or instead of them; lower-case names. */
  readonly headers?: Readonly<Record<string, string>>
}

export interface Route {
  readonly method: 'GET' | 'POST'
  /** `:name` matches one segment. */
  readonly path: string
  /** `http`: plaintext, for probes, scrapers and public trust material; `management`: TLS with the admin credential. */
  readonly side: 'http' | 'management'
  readonly access: 'anyone' | 'admin'
  /** What the body of a POST must be; absent: JSON. `bytes` come as a Buffer. */
  readonly body?: 'bytes'
  handle(daemon: DaemonView, request: RouteRequest): RouteAnswer | Promise<RouteAnswer>
}

export function json(value: unknown, status = 200): RouteAnswer {
  return { status, contentType: 'application/json', body: `${JSON.stringify(value)}\n` }
}

export function text(body: string, status = 200): RouteAnswer {
  return { status, contentType: 'text/plain; charset=utf-8', body }
}

/** A body that cannot be used; the message names the field. */
export function badRequest(message: string): MeshwrightError {
  return new MeshwrightError('REQUEST_INVALID', { message })
}

/** The members of a JSON object; none when the body is anything else. */
export function fieldsOf(body: unknown): Readonly<Record<string, unknown>> {
  return typeof body === 'object' && body !== null && !Array.isArray(body) ? (body as Record<string, unknown>) : {}
}
