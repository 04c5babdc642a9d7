/**
 * Work that would block the main thread, in threads beside it: each task is a message to a module's `runTask`, each result
 * the answer. Threads start with the first task that needs them and keep the process alive only while tasks are pending.
 *
 *   run ─▶ the thread with the fewest tasks ─▶ what a turn of the loop asks for is a group; while two are with the thread,
 *   the next one gathers ─▶ answers, a group at a time
 */

import { Worker } from 'node:worker_threads'
import { MeshwrightError } from '../errors.ts'
import type { TaskAnswer, TaskRequest, TaskThreadData } from './task-thread.ts'

export interface TaskThreads<Task, Result> {
  /** Whether any has been started. */
  readonly isRunning: boolean
  /**
   * `task` and what it becomes are cloned (a view of a Buffer's pool would be cloned with the pool). Rejects with what
   * `runTask` throws if that is a `MeshwrightError`, without its facts; else, and when the thread dies, with `INTERNAL`.
   */
  run(task: Task): Promise<Result>
  /** Refuses what is pending. */
  stop(): Promise<void>
}

export interface TaskThreadsOptions {
  /** What they do, for the operating system's list of threads. */
  readonly name: string
  /** Exports `runTask: (task: Task) => Result`. */
  readonly module: URL
  readonly most: number
}

/** Another thread starts when each of those that run has so many tasks: a few milliseconds of work. */
export const tasksBeforeAnother = 16
/** Bounds how long the first of a group waits for the last one. */
const largestGroup = 16

export function createTaskThreads<Task, Result>(options: TaskThreadsOptions): TaskThreads<Task, Result> {
  const threads = new Set<Thread<Task, Result>>()
  let stopped = false

  const leastBusy = (): Thread<Task, Result> => {
    let found: Thread<Task, Result> | undefined
    for (const thread of threads) if (found === undefined || thread.pending < found.pending) found = thread
    if (found !== undefined && (found.pending < tasksBeforeAnother || threads.size >= options.most)) return found
    const started = startThread<Task, Result>(options, () => threads.delete(started))
    threads.add(started)
    return started
  }
  return {
    get isRunning() {
      return threads.size > 0
    },
    run: task => (stopped ? Promise.reject(lost(options.name, 'it has been stopped')) : leastBusy().run(task)),
    async stop() {
      stopped = true
      await Promise.all([...threads].map(thread => thread.stop()))
    },
  }
}

interface Thread<Task, Result> {
  readonly pending: number
  run(task: Task): Promise<Result>
  stop(): Promise<void>
}

function startThread<Task, Result>({ name, module }: TaskThreadsOptions, onEnd: () => void): Thread<Task, Result> {
  const workerData: TaskThreadData = { module: module.href }
  const worker = new Worker(threadUrl, { name, workerData, resourceLimits: { maxYoungGenerationSizeMb: 4 } })
  const pending = new Map<number, PromiseWithResolvers<Result>>()
  let gathering: TaskRequest[] = []
  let groups = 0
  let lastId = 0

  /** Waking a thread costs as much as a dozen tasks in one message. */
  const send = (): void => {
    while (groups < 2 && gathering.length > 0) {
      groups += 1
      worker.postMessage(gathering.splice(0, largestGroup))
    }
  }
  const settle = ({ id, result, failure }: TaskAnswer): void => {
    const waiter = pending.get(id)
    pending.delete(id)
    if (failure === undefined) waiter?.resolve(result as Result)
    else if (failure.kind === 'refused') waiter?.reject(new MeshwrightError(failure.code, failure))
    else waiter?.reject(lost(name, failure.reason))
  }
  const end = (reason: string): void => {
    onEnd()
    gathering = []
    const waiting = [...pending.values()]
    pending.clear()
    for (const waiter of waiting) waiter.reject(lost(name, reason))
  }
  worker.on('message', (answers: readonly TaskAnswer[]) => {
    groups -= 1
    for (const answer of answers) settle(answer)
    send()
    if (pending.size === 0) worker.unref()
  })
  worker.on('error', error => end(error instanceof Error ? error.message : String(error)))
  worker.on('exit', code => end(`it ended with code ${code}`))
  return {
    get pending() {
      return pending.size
    },
    run(task) {
      lastId += 1
      const waiter = Promise.withResolvers<Result>()
      if (pending.size === 0) worker.ref()
      pending.set(lastId, waiter)
      if (groups < 2 && gathering.length === 0) setImmediate(send)
      gathering.push({ id: lastId, task })
      return waiter.promise
    },
    async stop() {
      await worker.terminate()
    },
  }
}

// A checkout runs the TypeScript; the built package holds JavaScript.
const threadUrl = new URL(import.meta.url.endsWith('.ts') ? './task-thread.ts' : './task-thread.js', import.meta.url)

function lost(name: string, reason: string): MeshwrightError {
  return new MeshwrightError('INTERNAL', { message: `a thread for ${name} failed: ${reason}` })
}
