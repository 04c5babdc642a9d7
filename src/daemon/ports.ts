/** `ports.json` in the data directory: where the daemon listens. With port 0 a restart takes the ports it had, if they are free. */

import { readFileSync } from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import type { HostPort } from '../options.ts'
import { writeFileAtomically } from '../platform/files.ts'

export type PortName = 'secure' | 'plaintext' | 'http' | 'management'

export type Ports = Readonly<Partial<Record<PortName, number>>>

export function portsFile(dataDirectory: string): string {
  return path.join(dataDirectory, 'ports.json')
}

/** Empty when there is no such file, or none that can be read: then every port is a free one. */
export function readPorts(dataDirectory: string): Ports {
  try {
    return JSON.parse(readFileSync(portsFile(dataDirectory), 'utf8')) as Ports
  } catch {
    return {}
  }
}

export function writePorts(dataDirectory: string, ports: Ports): void {
  writeFileAtomically(portsFile(dataDirectory), `${JSON.stringify(ports, undefined, 2)}\n`, 0o644)
}

/** `address`, or for port 0 the one that it had before, when nobody else has taken that meanwhile. */
export async function stickyAddress(address: HostPort, before: number | undefined): Promise<HostPort> {
  if (address.port !== 0 || before === undefined || !(await isFree(address.host, before))) return address
  return { host: address.host, port: before }
}

function isFree(host: string, port: number): Promise<boolean> {
  return new Promise(resolve => {
    const probe = net.createServer()
    probe.once('error', () => resolve(false))
    probe.listen(port, host, () => probe.close(() => resolve(true)))
  })
}
