import { request, timeUntil } from '../support/request.ts'
import { page } from '../support/workloads.ts'
import type { Check } from './check.ts'

export const addedEndpoint: Check = {
  name: 'endpoint added in a file',
  expected: 'store-2 answers a request',
  async run(mesh) {
    mesh.addConfiguration('store-2.yaml')
    const tookMs = await timeUntil(10_000, async () => {
      const { status, body } = await request({ ...page, path: '/trace' })
      return status === 200 && (JSON.parse(body) as { store: { instance: string } }).store.instance === 'store-2'
    })
    return tookMs === undefined
      ? { passed: false, happened: 'store-2 got no request within 10 s' }
      : { passed: true, happened: 'first request reached store-2', tookMs }
  },
}
