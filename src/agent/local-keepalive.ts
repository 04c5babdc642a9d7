import type { GrpcKeepalive } from '../grpc/server.ts'

/** On a Unix socket there is one client, no replica to move to, and the kernel tells when it is gone. */
export const localKeepalive: Partial<GrpcKeepalive> = { maxAgeMs: Number.MAX_SAFE_INTEGER }
