/** The shape of an endpoint of an HTTP side: who may call it, what its handler gets and gives. */

import type { IncomingHttpHeaders } from 'node:http'
import { MeshwrightError } from '../../platform/errors.ts'
import type { Caller } from '../access/caller.ts'
import type { DaemonView } from '../daemon-view.ts'

export interface RouteRequest {
  /** GET for HEAD, too. */
  readonly method: Method
  /** Percent-encoded, without the query. */
  readonly path: string
  readonly parameters: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  /** Of the methods that have one: what `Route.body` says. */
  readonly body: unknown
  readonly headers: Readonly<IncomingHttpHeaders>
  /** `IP:PORT` of the caller. */
  readonly peerAddress: string
  readonly caller: Caller
  /** Aborted when the caller is gone, its credential has ended or the side stops. */
  readonly signal: AbortSignal
  /** Objects that the act concerned: it stands in the audit trail with them, whatever `Route.audit` says. */
  audit(subjects: readonly string[]): void
}

export interface RouteAnswer {
  readonly status: number
  readonly contentType: string
  /** What is iterated is sent piece by piece, each when the reader has taken the one before. */
  readonly body: string | Buffer | AsyncIterable<string | Buffer>
  /** Beside those that every answer has, or instead of them; lower-case names. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
}

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

export type Side = 'http' | 'management'

export type Access =
  | 'anyone'
  /** Whoever has a credential that is in force. */
  | 'viewer'
  /** Editors of the namespace that the path names (`:namespace`), and admins. */
  | 'editor'
  /** Editors of whichever namespace, and admins; the handler asks `mayEdit` for each object that the body names. */
  | 'editor-of-each'
  | 'admin'

export interface Route {
  /** GET stands for HEAD, too. */
  readonly method: Method
  /** `:name` matches one segment. */
  readonly path: string
  /** `http`: plaintext, for probes, scrapers and public trust material; `management`: TLS with a credential. */
  readonly side: Side
  readonly access: Access
  /** Whether calls that were let in stand in the audit trail; refused ones always do. */
  readonly audit: 'yes' | 'no'
  /** What the body must be; absent: JSON. `bytes` come as a Buffer, of no body an empty one. */
  readonly body?: 'bytes'
  /** 64 KiB when absent. */
  readonly bodyLimitBytes?: number
  /** How errors are told; absent: as `{error: {code, message, remedy}}`. */
  readonly refuse?: Refuse
  handle(daemon: DaemonView, request: RouteRequest): RouteAnswer | Promise<RouteAnswer>
}

export type Refuse = (error: MeshwrightError) => RouteAnswer

export function json(value: unknown, status = 200): RouteAnswer {
  return { status, contentType: 'application/json', body: `${JSON.stringify(value)}\n` }
}

export function text(body: string, status = 200): RouteAnswer {
  return { status, contentType: 'text/plain; charset=utf-8', body }
}

/** A request that cannot be used; the message names the field. */
export function badRequest(message: string): MeshwrightError {
  return new MeshwrightError('REQUEST_INVALID', { message })
}

/** The members of a JSON object; none when the body is anything else. */
export function fieldsOf(body: unknown): Readonly<Record<string, unknown>> {
  return typeof body === 'object' && body !== null && !Array.isArray(body) ? (body as Record<string, unknown>) : {}
}

/** Throws `REQUEST_INVALID`. */
export function wholeNumberFrom(query: URLSearchParams, name: string): number | undefined {
  const given = query.get(name)
  if (given === null) return undefined
  if (!/^\d{1,15}$/.test(given)) throw badRequest(`${name}: a whole number is needed`)
  return Number(given)
}
