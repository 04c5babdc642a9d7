/**
 * The main thread's end of the writer. The worker starts with the first write and keeps the process alive only while
 * writes are pending. When it dies, what was pending is refused and the next write starts another.
 */

import { Worker } from 'node:worker_threads'
import { MeshwrightError } from '../errors.ts'
import type { SqlValue, Statement } from './statement.ts'
import type { WriteAnswer, WriteRequest, WriterData } from './writer.ts'

export interface WriteQueue {
  write(statements: readonly Statement[]): Promise<void>
  append(step: readonly SqlValue[], statements: readonly Statement[]): Promise<number>
  /** Waits for what is pending; later writes are refused with `DATABASE_CLOSED`. */
  close(): Promise<void>
}

export function createWriteQueue(file: string, extension?: URL): WriteQueue {
  const pending = new Map<number, PromiseWithResolvers<number>>()
  const workerData: WriterData = { file, extension: extension?.href }
  let worker: Worker | undefined
  let lastId = 0
  let gathered: WriteRequest[] = []
  let closed = false
  let idle: (() => void) | undefined

  const settle = ({ id, failure, result = 0 }: WriteAnswer): void => {
    const waiter = pending.get(id)
    if (waiter === undefined) return
    pending.delete(id)
    if (failure === undefined) waiter.resolve(result)
    else waiter.reject(writeFailed(file, failure))
    if (pending.size > 0) return
    worker?.unref()
    idle?.()
  }

  const start = (): Worker => {
    const started = new Worker(writerUrl, { workerData, resourceLimits: { maxYoungGenerationSizeMb: 4 } })
    started.on('message', (answers: readonly WriteAnswer[]) => {
      for (const answer of answers) settle(answer)
    })
    const lost = (reason: string): void => {
      if (worker !== started) return
      worker = undefined
      for (const id of [...pending.keys()]) settle({ id, failure: reason })
    }
    started.on('error', error => lost(`the writer failed: ${error.message}`))
    started.on('exit', code => lost(`the writer ended with code ${code}`))
    return started
  }

  /** What one turn of the loop asks for is one message: waking the writer costs as much as a hundred statements. */
  const post = (): void => {
    const group = gathered
    gathered = []
    // Those of a writer that has died meanwhile have been refused.
    const alive = group.filter(({ id }) => pending.has(id))
    if (alive.length > 0) worker?.postMessage(alive)
  }

  const enqueue = (request: Omit<WriteRequest, 'id'>): Promise<number> => {
    if (closed) return Promise.reject(closedError(file))
    worker ??= start()
    lastId += 1
    const waiter = Promise.withResolvers<number>()
    pending.set(lastId, waiter)
    worker.ref()
    if (gathered.length === 0) setImmediate(post)
    gathered.push({ id: lastId, ...request })
    return waiter.promise
  }

  return {
    async write(statements) {
      await enqueue({ statements: statements.map(detached) })
    },
    append: (step, statements) => enqueue({ step: step.map(detachedValue), statements: statements.map(detached) }),
    async close() {
      closed = true
      if (pending.size > 0) {
        await new Promise<void>(resolve => {
          idle = resolve
        })
      }
      const last = worker
      worker = undefined
      // Ends by closing its handle, which lets SQLite fold the WAL into the file.
      if (last === undefined) return
      last.ref()
      const ended = new Promise<void>(resolve => void last.once('exit', () => resolve()))
      last.postMessage('close')
      await ended
    },
  }
}

// A checkout runs the TypeScript; the built package holds JavaScript.
const writerUrl = new URL(import.meta.url.endsWith('.ts') ? './writer.ts' : './writer.js', import.meta.url)

/** A Buffer is often a window on a shared 8 KB pool, and structured cloning would copy the pool. */
function detached({ sql, parameters }: Statement): Statement {
  return { sql, parameters: parameters.map(detachedValue) }
}

function detachedValue(value: SqlValue): SqlValue {
  return value instanceof Uint8Array ? new Uint8Array(value) : value
}

function writeFailed(file: string, reason: string): MeshwrightError {
  return new MeshwrightError('DATABASE_WRITE_FAILED', {
    message: `a write to ${file} failed: ${reason}`,
    remedy: 'Check the free space and the health of the disk; the caller may try again.',
    facts: { file },
  })
}

function closedError(file: string): MeshwrightError {
  return new MeshwrightError('DATABASE_CLOSED', { message: `the database ${file} is closed` })
}
