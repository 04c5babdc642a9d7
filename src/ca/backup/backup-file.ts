/**
 * A backup in one file: a line that says what it is, a line of JSON with what is in it, the files one after another, and
 * a last line with the SHA-256 of everything before it.
 */

import { createHash } from 'node:crypto'
import { closeSync, fstatSync, fsyncSync, openSync, readSync, renameSync, rmSync, statSync, writeSync } from 'node:fs'
import path from 'node:path'
import { MeshwrightError } from '../../platform/errors.ts'

export interface BackupManifest {
  readonly createdAt: string
  /** Of the meshwright that made it. */
  readonly version: string
  /** In the order of their bytes. */
  readonly files: readonly { readonly name: string; readonly sizeBytes: number }[]
}

const firstLine = 'meshwright backup 1\n'
const chunkBytes = 1024 * 1024
const longestManifest = 64 * 1024
/** 64 hexadecimal digits and a newline. */
const trailerBytes = 65

/** Whole or not at all: it gets its name when it is on disk. `sources`: name in the backup → file. Throws `BACKUP_FAILED`. */
export function writeBackup(
  target: string,
  about: Omit<BackupManifest, 'files'>,
  sources: ReadonlyMap<string, string>,
): BackupManifest {
  const partial = `${target}.partial`
  try {
    rmSync(partial, { force: true })
    const files = [...sources].map(([name, file]) => ({ name, sizeBytes: statSync(file).size }))
    const manifest: BackupManifest = { ...about, files }
    const handle = openSync(partial, 'wx', 0o600)
    try {
      const sum = createHash('sha256')
      const put = (bytes: Uint8Array): void => {
        sum.update(bytes)
        writeAll(handle, bytes)
      }
      put(Buffer.from(firstLine))
      put(Buffer.from(`${JSON.stringify(manifest)}\n`))
      for (const [index, file] of [...sources.values()].entries()) {
        copyFile(file, files[index]?.sizeBytes ?? 0, put)
      }
      writeAll(handle, Buffer.from(`${sum.digest('hex')}\n`))
      fsyncSync(handle)
    } finally {
      closeSync(handle)
    }
    renameSync(partial, target)
    syncDirectory(path.dirname(target))
    return manifest
  } catch (cause) {
    rmSync(partial, { force: true })
    throw new MeshwrightError('BACKUP_FAILED', {
      message: `the backup ${target} could not be made: ${cause instanceof Error ? cause.message : String(cause)}`,
      remedy: 'Check the free space and the permissions of its folder.',
      facts: { target },
      cause,
    })
  }
}

export interface OpenedBackup {
  readonly manifest: BackupManifest
  /** Writes the file of that name to `target` (0600), on disk when it returns. */
  extract(name: string, target: string): void
  close(): void
}

/** Reads all of it once, so that nothing is taken out of a file that is not whole. Throws `BACKUP_INVALID`. */
export function openBackup(file: string): OpenedBackup {
  let handle: number
  try {
    handle = openSync(file, 'r')
  } catch (cause) {
    throw invalid(file, cause instanceof Error ? cause.message : String(cause), cause)
  }
  try {
    const { manifest, dataStart } = readHead(file, handle)
    const dataEnd = dataStart + manifest.files.reduce((sum, entry) => sum + entry.sizeBytes, 0)
    requireChecksum(file, handle, dataEnd)
    return {
      manifest,
      extract(name, target) {
        let start = dataStart
        for (const entry of manifest.files) {
          if (entry.name === name) {
            extractRange(handle, start, entry.sizeBytes, target)
            return
          }
          start += entry.sizeBytes
        }
        throw invalid(file, `it holds no ${name}`)
      },
      close: () => closeSync(handle),
    }
  } catch (thrown) {
    closeSync(handle)
    throw thrown
  }
}

function readHead(file: string, handle: number): { manifest: BackupManifest; dataStart: number } {
  const head = Buffer.alloc(firstLine.length + longestManifest)
  const text = head.subarray(0, readSync(handle, head, 0, head.length, 0))
  if (!text.subarray(0, firstLine.length).equals(Buffer.from(firstLine)))
    throw invalid(file, 'it does not begin like one')
  const end = text.indexOf('\n', firstLine.length)
  if (end === -1) throw invalid(file, 'it is cut short')
  try {
    const manifest = JSON.parse(text.subarray(firstLine.length, end).toString('utf8')) as BackupManifest
    const isSound =
      Array.isArray(manifest.files) &&
      manifest.files.every(
        ({ name, sizeBytes }) => typeof name === 'string' && Number.isSafeInteger(sizeBytes) && sizeBytes >= 0,
      )
    if (isSound) return { manifest, dataStart: end + 1 }
  } catch (cause) {
    throw invalid(file, 'its list of contents is damaged', cause)
  }
  throw invalid(file, 'its list of contents is damaged')
}

function requireChecksum(file: string, handle: number, dataEnd: number): void {
  if (fstatSync(handle).size !== dataEnd + trailerBytes) throw invalid(file, 'it has not the length that it says')
  const sum = createHash('sha256')
  eachChunk(handle, 0, dataEnd, bytes => sum.update(bytes))
  const trailer = Buffer.alloc(trailerBytes)
  readSync(handle, trailer, 0, trailerBytes, dataEnd)
  if (trailer.toString('latin1') !== `${sum.digest('hex')}\n`) throw invalid(file, 'its checksum is another')
}

function extractRange(handle: number, start: number, sizeBytes: number, target: string): void {
  const out = openSync(target, 'wx', 0o600)
  try {
    eachChunk(handle, start, start + sizeBytes, bytes => writeAll(out, bytes))
    fsyncSync(out)
  } finally {
    closeSync(out)
  }
}

function copyFile(file: string, sizeBytes: number, put: (bytes: Uint8Array) => void): void {
  const handle = openSync(file, 'r')
  try {
    eachChunk(handle, 0, sizeBytes, put)
  } finally {
    closeSync(handle)
  }
}

/** Throws when the file ends before `end`. */
function eachChunk(handle: number, start: number, end: number, use: (bytes: Uint8Array) => void): void {
  const chunk = Buffer.alloc(Math.min(chunkBytes, Math.max(1, end - start)))
  for (let at = start; at < end; ) {
    const count = readSync(handle, chunk, 0, Math.min(chunk.length, end - at), at)
    if (count === 0) throw new Error('a file became shorter while it was read')
    use(chunk.subarray(0, count))
    at += count
  }
}

function writeAll(handle: number, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length; ) written += writeSync(handle, bytes, written)
}

/** So that a rename survives a power cut. */
export function syncDirectory(directory: string): void {
  const handle = openSync(directory, 'r')
  fsyncSync(handle)
  closeSync(handle)
}

function invalid(file: string, reason: string, cause?: unknown): MeshwrightError {
  return new MeshwrightError('BACKUP_INVALID', {
    message: `${file} cannot be restored: ${reason}`,
    remedy: 'Take another backup.',
    facts: { file },
    cause,
  })
}
