/** `meshwright ca log prove`: the proof that a certificate is in the log, as a file that anybody can check later. */

import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import type { InclusionView } from '../../admin/transparency-view.ts'
import { MeshwrightError } from '../../platform/errors.ts'
import { parseCheckpoint } from '../../platform/transparency/checkpoint-note.ts'
import { managementClient } from '../management-client.ts'
import { type ManagementFlags, managementFrom, withManagement } from '../management-flags.ts'

interface ProveFlags extends ManagementFlags {
  readonly serial?: string
  readonly index?: string
  readonly checkpoint?: string
}

export function addProve(log: Command): void {
  withManagement(log.command('prove').description('print the proof that an entry is in the log'))
    .option('--serial <serial>', "that of a certificate: the certificate's serial number, hexadecimal")
    .option('--index <number>', 'the entry of this index, also when it is forgotten')
    .option('--checkpoint <file>', 'prove into the tree of this saved checkpoint instead of that of now')
    .action(async (flags: ProveFlags) => void process.stdout.write(await proof(flags)))
}

async function proof(flags: ProveFlags): Promise<string> {
  const { credential } = managementFrom(flags)
  const query = new URLSearchParams(entryFrom(flags))
  const saved = flags.checkpoint === undefined ? undefined : readNote(flags.checkpoint)
  if (saved !== undefined) query.set('treeSize', String(parseCheckpoint(saved).treeSize))
  const answer = await managementClient(credential).get(`/v1/log/proofs/inclusion?${query}`)
  const view = JSON.parse(answer) as InclusionView
  return `${JSON.stringify(saved === undefined ? view : { ...view, checkpoint: saved }, undefined, 2)}\n`
}

function entryFrom({ serial, index }: ProveFlags): Record<string, string> {
  if (serial !== undefined) return { serial: serial.replaceAll(':', '') }
  if (index !== undefined) return { index }
  throw new MeshwrightError('OPTION_INVALID', { message: 'name the entry with --serial or --index' })
}

/** Throws `LOG_PROOF_INVALID`. */
export function readNote(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new MeshwrightError('LOG_PROOF_INVALID', { message: `${file}: ${(cause as Error).message}`, cause })
  }
}
