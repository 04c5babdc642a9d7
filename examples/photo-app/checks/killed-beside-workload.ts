/** An agent or an Envoy dies: its workload is back within a second or two, and the other Envoys do not notice. */

import path from 'node:path'
import { envoyPid } from '../support/envoy-admin.ts'
import type { PhotoMesh } from '../support/mesh.ts'
import { request, timeUntil } from '../support/request.ts'
import { page, workloads } from '../support/workloads.ts'
import type { Check } from './check.ts'

const victim = 'api-1'
/** A second or two on an idle machine; twice that on a busy one is still no fault. */
const limitMs = 5000

export const agentKilled: Check = {
  name: 'agent SIGKILLed',
  expected: `back within ${limitMs / 1000} s, others untouched`,
  run: mesh => afterKilling(mesh, () => mesh.agents.get(victim)?.kill('SIGKILL')),
}

export const envoyKilled: Check = {
  name: 'Envoy SIGKILLed',
  expected: `back within ${limitMs / 1000} s, others untouched`,
  run: mesh =>
    afterKilling(mesh, () => {
      const pid = envoyPid(stateOf(mesh, victim))
      if (pid === undefined) throw new Error(`no Envoy of ${victim} was found`)
      process.kill(pid, 'SIGKILL')
    }),
}

async function afterKilling(mesh: PhotoMesh, kill: () => void): ReturnType<Check['run']> {
  const others = workloads.map(workload => workload.name).filter(name => name !== victim)
  const pidsOf = (): readonly (number | undefined)[] => others.map(name => envoyPid(stateOf(mesh, name)))
  const before = pidsOf()
  const victimBefore = envoyPid(stateOf(mesh, victim))
  kill()
  // A connection that was open may outlive an agent; only a request through a new Envoy, or an unharmed one, counts.
  const served = async (): Promise<boolean> => (await request({ ...page, path: '/trace' })).status === 200
  await new Promise(resolve => setTimeout(resolve, 100))
  const tookMs = await timeUntil(10_000, async () => {
    const pid = envoyPid(stateOf(mesh, victim))
    return pid !== undefined && pid !== victimBefore && (await served())
  })
  const untouched = before.every((pid, i) => pid !== undefined && pid === pidsOf()[i])
  const back = tookMs === undefined ? 'not back within 10 s' : 'back'
  return {
    passed: tookMs !== undefined && tookMs + 100 <= limitMs && untouched,
    happened: `${back}, ${untouched ? 'others untouched' : 'another Envoy was restarted'}`,
    ...(tookMs === undefined ? {} : { tookMs: tookMs + 100 }),
  }
}

function stateOf(mesh: PhotoMesh, name: string): string {
  return path.join(mesh.directory, 'state', name)
}
