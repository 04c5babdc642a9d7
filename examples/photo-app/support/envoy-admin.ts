/** What a workload's Envoy says of itself on its admin address. */

import { readdirSync, readFileSync } from 'node:fs'
import { request } from './request.ts'
import type { Workload } from './workloads.ts'

/** Serial number of the certificate that its Envoy serves with; '' when it has none or does not answer. */
export async function servedSerial(workload: Workload): Promise<string> {
  const { body } = await request({ host: workload.ip, port: 15000, path: '/certs' })
  if (body === '') return ''
  const { certificates = [] } = JSON.parse(body) as { certificates?: { cert_chain?: { serial_number: string }[] }[] }
  return certificates.flatMap(entry => entry.cert_chain ?? [])[0]?.serial_number ?? ''
}

/** The process of its Envoy, found by the state folder on its command line. */
export function envoyPid(stateDirectory: string): number | undefined {
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue
    const commandLine = readCommandLine(entry)
    if (
      commandLine.includes('--use-dynamic-base-id') &&
      commandLine.some(part => part.startsWith(`${stateDirectory}/`))
    )
      return Number(entry)
  }
  return undefined
}

function readCommandLine(pid: string): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
  } catch {
    // It has ended meanwhile, or is another user's.
    return []
  }
}
