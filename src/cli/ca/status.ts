/** `meshwright ca status`: the roots, who has them, and how far a rotation is. */

import type { Command } from 'commander'
import type { AuthorityStatus, RotationProgress, SuccessionProgress } from '../../admin/rotation-view.ts'
import { managementClient } from '../management-client.ts'
import { type ManagementFlags, managementFrom, withManagement } from '../management-flags.ts'
import { formatTable, printable } from '../table.ts'

export function addStatus(ca: Command): void {
  withManagement(ca.command('status').description('roots, agents, and the rotation with who lags and why')).action(
    async (flags: ManagementFlags) => {
      const { credential, output } = managementFrom(flags)
      const answer = await managementClient(credential).get('/v1/ca/status')
      process.stdout.write(output === 'json' ? answer : formatAuthorityStatus(JSON.parse(answer) as AuthorityStatus))
    },
  )
}

export function formatAuthorityStatus(status: AuthorityStatus): string {
  const { trustDomain, trustGeneration, agents, roots, rotation, succession, warnings } = status
  const rows = roots.map(root => [root.fingerprint, root.use, root.notAfter, root.subject])
  const facts = formatTable(
    ['TRUST DOMAIN', 'TRUST GENERATION', 'AGENTS', 'WITH NEWEST TRUST'],
    [[trustDomain, `${trustGeneration}`, `${agents.attending}`, `${agents.withNewestTrust}`]],
  )
  return [
    facts,
    formatTable(['ROOT', 'USE', 'ENDS', 'SUBJECT'], rows),
    ...(rotation === undefined ? [] : [formatRotation(rotation)]),
    ...(succession === undefined ? [] : [formatSuccession(succession)]),
    ...(warnings.length === 0 ? [] : [`${warnings.map(warning => printable(`warning: ${warning}`)).join('\n')}\n`]),
  ].join('\n')
}

function formatRotation(rotation: RotationProgress): string {
  return `${formatProgress(rotation)}${formatLaggards(rotation)}`
}

/** One line: the step, how far it is, and how many it waits for. */
export function formatProgress(rotation: RotationProgress): string {
  const { id, step, direction, percent, total, lagging, stepAt } = rotation
  const waits = lagging === 0 ? '' : `, waits for ${lagging} of ${total}`
  return `rotation ${id}: ${direction === 'back' && step !== 'aborted' ? 'aborting, ' : ''}${step} since ${stepAt}, ${percent} %${waits}\n`
}

function formatSuccession({ step, nextRoot, percent, total, lagging, laggards }: SuccessionProgress): string {
  const next = nextRoot === undefined ? '' : `; under the root ${nextRoot} as soon as everybody trusts it`
  const waits = lagging === 0 ? '' : `, waits for ${lagging} of ${total}`
  const line = `roots are made elsewhere: ${stepTexts[step]}, ${percent} %${waits}${next}\n`
  return `${line}${formatLaggards({ lagging, laggards })}`
}

const stepTexts: Readonly<Record<SuccessionProgress['step'], string>> = {
  settled: 'everybody trusts them',
  distributing: 'not everybody has the newest yet',
  renewing: 'certificates of an old root are still in use',
}

function formatLaggards({ lagging, laggards }: Pick<SuccessionProgress, 'lagging' | 'laggards'>): string {
  if (laggards.length === 0) return ''
  const rows = laggards.map(({ node, identity, serialNumber, reason }) => [
    node === '' ? '-' : node,
    identity,
    serialNumber,
    reason,
  ])
  const more = lagging - rows.length
  return `${formatTable(['NODE', 'IDENTITY', 'SERIAL', 'WHY'], rows)}${more > 0 ? `and ${more} more\n` : ''}`
}
