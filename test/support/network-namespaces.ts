/**
 * Network namespaces on one bridge, with connections captured as Istio's iptables rules do:
 *
 *     hub 10.77.0.1 (bridge; nothing is captured) ─┬─ veth ─ NAME 10.77.0.2
 *                                                  └─ veth ─ NAME 10.77.0.3 …
 *
 * Nothing of the host's own network is touched.
 */

import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import type { TestContext } from 'node:test'
import { atEnd, type Started, startProgram } from './processes.ts'

export interface Network {
  /** Runs a program in a namespace, `hub` or one of the names; killed with the test. */
  start(
    t: TestContext,
    where: string,
    command: readonly [string, ...string[]],
    environment?: Readonly<Record<string, string>>,
  ): Started
  address(where: string): string
}

/** Connections of this group are not captured. */
export const proxyGroup = 1337

/** Why there can be none here; undefined: there can. */
export function obstacleToNamespaces(): string | undefined {
  if (process.geteuid?.() !== 0) return 'capturing connections needs root'
  for (const [program, probe] of [
    ['ip', '-V'],
    ['iptables', '--version'],
    ['setpriv', '--version'],
  ] as const) {
    if (spawnSync(program, [probe]).status !== 0) return `capturing connections needs the program ${program}`
  }
  const name = namespaceName('probe')
  try {
    run('ip', 'netns', 'add', name)
    run(
      'ip',
      'netns',
      'exec',
      name,
      'iptables',
      '-t',
      'nat',
      '-A',
      'OUTPUT',
      ...'-p tcp -m owner --gid-owner 1 -j REDIRECT --to-ports 1'.split(' '),
    )
    return undefined
  } catch (error) {
    return `this machine cannot capture connections: ${(error as Error).message}`
  } finally {
    spawnSync('ip', ['netns', 'del', name])
  }
}

/** Removed when the test ends, however it ends: deleting a namespace deletes its interfaces and rules. */
export function createNetwork(t: TestContext, names: readonly string[]): Network {
  removeForgotten()
  const addresses = new Map([['hub', '10.77.0.1'], ...names.map((name, i) => [name, `10.77.0.${i + 2}`] as const)])
  for (const name of addresses.keys()) {
    atEnd(t, () => spawnSync('ip', ['netns', 'del', namespaceName(name)]))
    run('ip', 'netns', 'add', namespaceName(name))
    inside(name, 'ip link set lo up')
  }
  inside('hub', 'ip link add bridge type bridge')
  inside('hub', 'ip addr add 10.77.0.1/24 dev bridge')
  inside('hub', 'ip link set bridge up')
  for (const name of names) {
    inside('hub', `ip link add to-${name} type veth peer name eth0 netns ${namespaceName(name)}`)
    inside('hub', `ip link set to-${name} master bridge up`)
    inside(name, `ip addr add ${addresses.get(name)}/24 dev eth0`)
    inside(name, 'ip link set eth0 up')
    inside(name, 'ip route add default via 10.77.0.1')
    for (const rule of captureRules) inside(name, `iptables -t nat ${rule}`)
  }
  return {
    start: (t, where, command, environment) =>
      startProgram(t, ['ip', 'netns', 'exec', namespaceName(where), ...command], environment),
    address: where => addresses.get(where) ?? '',
  }
}

/**
 * Inbound all but the agent's own ports to 15006, outbound all to 15001; the proxy's own connections go out as they are,
 * but those to an address of its own workload go in. 127.0.0.6 is whence the proxy calls its application.
 */
const captureRules = [
  '-N INBOUND',
  '-N OUTBOUND',
  '-A PREROUTING -p tcp -j INBOUND',
  '-A INBOUND -p tcp -m multiport --dports 15020,15021,15090 -j RETURN',
  '-A INBOUND -p tcp -j REDIRECT --to-ports 15006',
  '-A OUTPUT -p tcp -j OUTBOUND',
  '-A OUTBOUND -o lo -s 127.0.0.6/32 -j RETURN',
  `-A OUTBOUND -o lo ! -d 127.0.0.1/32 -p tcp -m owner --gid-owner ${proxyGroup} -j REDIRECT --to-ports 15006`,
  `-A OUTBOUND -o lo -m owner ! --gid-owner ${proxyGroup} -j RETURN`,
  `-A OUTBOUND -m owner --gid-owner ${proxyGroup} -j RETURN`,
  '-A OUTBOUND -d 127.0.0.1/32 -j RETURN',
  '-A OUTBOUND -p tcp -j REDIRECT --to-ports 15001',
]

/** Of a test that was killed before it could clean up. */
function removeForgotten(): void {
  const { stdout } = spawnSync('ip', ['netns', 'list'], { encoding: 'utf8' })
  for (const [name, owner] of stdout.matchAll(/^meshwright-(\d+)-\S+/gm))
    if (!existsSync(`/proc/${owner}`)) spawnSync('ip', ['netns', 'del', name])
}

const namespaceName = (name: string): string => `meshwright-${process.pid}-${name}`

const inside = (name: string, command: string): void =>
  run('ip', 'netns', 'exec', namespaceName(name), ...command.split(' '))

function run(program: string, ...args: readonly string[]): void {
  const { status, stderr } = spawnSync(program, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr.trim()}`)
}
