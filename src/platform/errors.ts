/**
 * The one base of every error that leaves a module. A code is a stable name that users search for; its text, and what
 * it becomes on gRPC and HTTP, stand in `error-codes.ts`, and `docs/errors.md` explains each.
 */

import { type ErrorCode, errorCodes, type GrpcCode } from './error-codes.ts'

export interface ErrorDetails {
  /** What happened here, in words that name the thing (file, line, field, address …). */
  readonly message: string
  /** What the user can do; one imperative sentence. */
  readonly remedy?: string
  /** Structured facts for the log. Never secrets. */
  readonly facts?: Readonly<Record<string, unknown>>
  readonly cause?: unknown
  /** When it makes sense to try again; told to gRPC clients. */
  readonly retryAfterMs?: number
}

export class MeshwrightError extends Error {
  override readonly name: string = 'MeshwrightError'
  readonly code: ErrorCode
  readonly remedy: string | undefined
  readonly facts: Readonly<Record<string, unknown>>
  readonly retryAfterMs: number | undefined

  constructor(code: ErrorCode, details: ErrorDetails) {
    super(details.message, details.cause === undefined ? undefined : { cause: details.cause })
    this.code = code
    this.remedy = details.remedy
    this.facts = details.facts ?? {}
    this.retryAfterMs = details.retryAfterMs
  }

  get grpcCode(): GrpcCode {
    return errorCodes[this.code].grpc
  }

  get httpStatus(): number {
    return errorCodes[this.code].http
  }
}

/** Total: whatever was thrown becomes a `MeshwrightError` (code `INTERNAL` when it was none). */
export function errorFrom(thrown: unknown): MeshwrightError {
  if (thrown instanceof MeshwrightError) return thrown
  if (thrown instanceof Error) return new MeshwrightError('INTERNAL', { message: thrown.message, cause: thrown })
  return new MeshwrightError('INTERNAL', { message: String(thrown), cause: thrown })
}

/** The line a command prints: `error CODE: message` and, where there is one, the remedy. */
export function formatError(error: MeshwrightError): string {
  return `error ${error.code}: ${error.message}${error.remedy === undefined ? '' : `\n  ${error.remedy}`}`
}
