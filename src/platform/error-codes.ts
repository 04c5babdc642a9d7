/** Every error code, with what it means and what it becomes on the wire. `docs/errors.md` lists the same codes; a test compares. */

export type GrpcCode =
  | 'CANCELLED'
  | 'UNKNOWN'
  | 'INVALID_ARGUMENT'
  | 'DEADLINE_EXCEEDED'
  | 'NOT_FOUND'
  | 'ALREADY_EXISTS'
  | 'PERMISSION_DENIED'
  | 'RESOURCE_EXHAUSTED'
  | 'FAILED_PRECONDITION'
  | 'ABORTED'
  | 'UNIMPLEMENTED'
  | 'INTERNAL'
  | 'UNAVAILABLE'
  | 'UNAUTHENTICATED'

export interface ErrorCodeEntry {
  readonly text: string
  readonly grpc: GrpcCode
  readonly http: number
}

const entry = (text: string, grpc: GrpcCode, http: number): ErrorCodeEntry => ({ text, grpc, http })

export const errorCodes = {
  // platform
  INTERNAL: entry('A fault in meshwright itself', 'INTERNAL', 500),
  // options
  // config
  // discovery and translate
  // xds
  // grpc
  // ca
  // database
  // agent and Envoy
  // management
} as const satisfies Record<string, ErrorCodeEntry>

export type ErrorCode = keyof typeof errorCodes
