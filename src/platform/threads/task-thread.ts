/** The thread's end of task-threads.ts: runs groups of tasks one after another and answers each group at once. */

import { parentPort, workerData } from 'node:worker_threads'
import type { ErrorCode } from '../error-codes.ts'
import { MeshwrightError } from '../errors.ts'

export interface TaskRequest {
  readonly id: number
  readonly task: unknown
}

export interface TaskAnswer {
  readonly id: number
  readonly result?: unknown
  /** Absent when there is a result. */
  readonly failure?: TaskFailure
}

/** `refused`: a `MeshwrightError`; causes cross as text, facts do not. `fault`: anything else. */
export type TaskFailure =
  | { readonly kind: 'refused'; readonly code: ErrorCode; readonly message: string; readonly cause?: string }
  | { readonly kind: 'fault'; readonly reason: string }

export interface TaskThreadData {
  /** URL of the module that exports `runTask`. */
  readonly module: string
}

type RunTask = (task: unknown) => unknown

function answerTo({ id, task }: TaskRequest, runTask: RunTask): TaskAnswer {
  try {
    return { id, result: runTask(task) }
  } catch (thrown) {
    return { id, failure: failureFrom(thrown) }
  }
}

function failureFrom(thrown: unknown): TaskFailure {
  if (!(thrown instanceof MeshwrightError)) return { kind: 'fault', reason: textOf(thrown) }
  const { code, message, cause } = thrown
  return { kind: 'refused', code, message, ...(cause === undefined ? {} : { cause: textOf(cause) }) }
}

function textOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}

if (parentPort !== null) {
  const port = parentPort
  const { module } = workerData as TaskThreadData
  const { runTask } = (await import(module)) as { readonly runTask: RunTask }
  port.on('message', (group: readonly TaskRequest[]) => port.postMessage(group.map(task => answerTo(task, runTask))))
}
