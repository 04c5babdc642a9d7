/** The workloads of the application: their addresses, their processes and their agents' flags. */

export interface Workload {
  readonly name: string
  readonly app: string
  readonly serviceAccount: string
  readonly ip: string
  /** Program and arguments after it; absent for a workload that only calls. */
  readonly program?: readonly string[]
}

export const workloads: readonly Workload[] = [
  {
    name: 'web-1',
    app: 'web',
    serviceAccount: 'web',
    ip: '127.0.1.1',
    program: ['web.ts', '127.0.1.1:19080', '127.0.1.1:18081'],
  },
  {
    name: 'api-1',
    app: 'api',
    serviceAccount: 'api',
    ip: '127.0.1.2',
    program: ['api.ts', '127.0.1.2:19080', '127.0.1.2:18082'],
  },
  {
    name: 'store-1',
    app: 'store',
    serviceAccount: 'store',
    ip: '127.0.1.3',
    program: ['store.ts', '127.0.1.3:19080', 'store-1'],
  },
  {
    name: 'store-2',
    app: 'store',
    serviceAccount: 'store',
    ip: '127.0.1.4',
    program: ['store.ts', '127.0.1.4:19080', 'store-2'],
  },
  { name: 'guest-1', app: 'guest', serviceAccount: 'guest', ip: '127.0.1.5' },
]

/** Through web's Envoy, the way a browser comes. */
export const page = { host: '127.0.1.1', port: 18080 }

export const trustDomain = 'cluster.local'

export function spiffeId(serviceAccount: string): string {
  return `spiffe://${trustDomain}/ns/photo/sa/${serviceAccount}`
}
