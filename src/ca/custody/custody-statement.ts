/**
 * What the authority signs for its agents to keep: how far the chain of revocations had got, how long the log was, and how
 * many agents were given this very statement. After a restore it says what there was, and who would know of more.
 */

import type { Notary } from '../log/checkpoint-signer.ts'

/** All that is signed. Numbers grow, also over restarts and restores. */
export interface CustodyStatement {
  /** Of the log: name and epoch. */
  readonly origin: string
  readonly number: number
  /** To so many agents it was given. */
  readonly agents: number
  /** Entries of the log. */
  readonly treeSize: number
  readonly sequence: number
  readonly hash: Buffer
}

export function signStatement(statement: CustodyStatement, notary: Notary): Buffer {
  const text = textOf(statement)
  return Buffer.from(`${text}\n${notary.sign(text).toString('base64')}\n`)
}

/** Undefined unless it is whole and was signed by this log. */
export function openStatement(signed: Buffer, notary: Notary): CustodyStatement | undefined {
  if (signed.length > longestBytes) return undefined
  const parts = /^((\S+)\/revocations\n(\d{1,15})\n(\d{1,9})\n(\d{1,15})\n(\d{1,15})\n(\S{44})\n)\n(\S{88})\n$/.exec(
    signed.toString('utf8'),
  )
  const [, text, origin, number, agents, treeSize, sequence, hash, signature] = parts ?? []
  if (text === undefined || origin === undefined || !notary.isOwn(text, Buffer.from(signature ?? '', 'base64'))) {
    return undefined
  }
  return {
    origin,
    number: Number(number),
    agents: Number(agents),
    treeSize: Number(treeSize),
    sequence: Number(sequence),
    hash: Buffer.from(hash ?? '', 'base64'),
  }
}

const longestBytes = 1024

/** Its first line is no origin of a checkpoint, so that neither can be taken for the other. */
function textOf({ origin, number, agents, treeSize, sequence, hash }: CustodyStatement): string {
  return `${origin}/revocations\n${number}\n${agents}\n${treeSize}\n${sequence}\n${hash.toString('base64')}\n`
}
