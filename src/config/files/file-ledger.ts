/**
 * Which objects are in force, given what each file says. Pure state; knows neither disks nor clocks.
 *
 *     put(file, content) … put(file, content) ─▶ commit() ─▶ changes
 *
 * What a file that changes for the worse does not do: a file that is not YAML any more keeps all its objects in force;
 * an object that became invalid keeps its last good version; when a document cannot even be told which object it is, no
 * object of that file is taken away. An object in two files is that of the first by path.
 */

import { isDeepStrictEqual } from 'node:util'
import type { AnyObject } from '../kinds/catalogue.ts'
import { type KindName, objectKey } from '../object.ts'
import { duplicateProblem, type ParsedConfig } from '../parse.ts'
import { byPlace, type Problem, placeOfOrigin } from '../problem.ts'
import type { ConfigStatus } from '../source-state.ts'
import { idText } from '../store/object-id.ts'
import type { RefusedObject } from './refused-object.ts'

export interface ConfigChange {
  readonly kind: KindName
  /** `objectKey`. */
  readonly key: string
  /** Undefined: it is gone. */
  readonly object: AnyObject | undefined
}

export type FileContent =
  | { readonly kind: 'parsed'; readonly parsed: ParsedConfig }
  /** It is there and cannot be read. */
  | { readonly kind: 'unreadable'; readonly problem: Problem }
  | { readonly kind: 'absent' }

/** `Kind` and `objectKey`, the identity of an object among all. */
type ObjectId = string

interface FileRecord {
  /** What the file contributes: its valid objects, and the last good ones of those that are not. */
  readonly objects: ReadonlyMap<ObjectId, AnyObject>
  readonly lastGood: ReadonlySet<ObjectId>
  /** What was refused and has no last good version. */
  readonly refused: readonly RefusedObject[]
  readonly problems: readonly Problem[]
}

const nothing: FileRecord = { objects: new Map(), lastGood: new Set(), refused: [], problems: [] }

export class FileLedger {
  readonly #files = new Map<string, FileRecord>()
  /** Files that contribute an object; nearly always one. */
  readonly #owners = new Map<ObjectId, Set<string>>()
  readonly #inForce = new Map<ObjectId, AnyObject>()
  readonly #touched = new Set<ObjectId>()
  /** Objects of more than one file. */
  readonly #contested = new Set<ObjectId>()
  #refused: readonly RefusedObject[] | undefined

  /** Takes note of a file's content; nothing changes before `commit`. */
  put(file: string, content: FileContent): void {
    const before = this.#files.get(file) ?? nothing
    const after = recordFrom(content, before)
    if (before.refused.length > 0 || after.refused.length > 0) this.#refused = undefined
    if (content.kind === 'absent') this.#files.delete(file)
    else this.#files.set(file, after)
    for (const id of before.objects.keys()) if (!after.objects.has(id)) this.#disown(id, file)
    for (const id of after.objects.keys()) this.#own(id, file)
  }

  has(file: string): boolean {
    return this.#files.has(file)
  }

  /** What changed since the last commit, sorted by kind and key; equal content is no change. Cost: objects of the files put. */
  commit(): readonly ConfigChange[] {
    const changes: ConfigChange[] = []
    for (const id of [...this.#touched].sort()) {
      const before = this.#inForce.get(id)
      const after = this.#winner(id)?.object
      if (after === undefined) this.#inForce.delete(id)
      // The earlier object stays: whoever compares by identity downstream sees no change either.
      else if (before === undefined || !hasSameContent(before, after)) this.#inForce.set(id, after)
      else continue
      const named = after ?? before
      if (named !== undefined) changes.push({ kind: named.kind, key: objectKey(named), object: after })
    }
    this.#touched.clear()
    return changes
  }

  /** Of an object that is in force: whether its file holds a newer version that was refused. Cost: none. */
  isLastGood(id: ObjectId): boolean {
    const winner = this.#winner(id)
    return winner !== undefined && this.#files.get(winner.file)?.lastGood.has(id) === true
  }

  /** How many objects are in force. */
  get size(): number {
    return this.#inForce.size
  }

  /** Documents that were refused and are the last good of nothing; the same list until it is another. O(files), once. */
  refused(): readonly RefusedObject[] {
    this.#refused ??= [...this.#files.values()].flatMap(record => record.refused)
    return this.#refused
  }

  /** Everything that is wrong at this moment, sorted by place. O(files). */
  problems(): readonly Problem[] {
    const all = [...this.#files.values()].flatMap(record => record.problems)
    for (const id of this.#contested) all.push(...this.#duplicates(id))
    return all.sort(byPlace)
  }

  /** Every object that is in force or would be, sorted by kind, key and file. O(objects). */
  status(): readonly ConfigStatus[] {
    const entries: ConfigStatus[] = []
    for (const [file, record] of this.#files) {
      for (const [id, object] of record.objects) {
        const winner = this.#winner(id)
        const state = winner?.file !== file ? 'shadowed' : record.lastGood.has(id) ? 'last good in force' : 'in force'
        entries.push(statusOf(object, state))
      }
    }
    return entries.sort((a, b) => (statusOrder(a) < statusOrder(b) ? -1 : 1))
  }

  #own(id: ObjectId, file: string): void {
    const owners = this.#owners.get(id) ?? new Set()
    owners.add(file)
    this.#owners.set(id, owners)
    if (owners.size > 1) this.#contested.add(id)
    this.#touched.add(id)
  }

  #disown(id: ObjectId, file: string): void {
    const owners = this.#owners.get(id)
    owners?.delete(file)
    if (owners?.size === 0) this.#owners.delete(id)
    if ((owners?.size ?? 0) < 2) this.#contested.delete(id)
    this.#touched.add(id)
  }

  #winner(id: ObjectId): { readonly file: string; readonly object: AnyObject } | undefined {
    const file = [...(this.#owners.get(id) ?? [])].sort()[0]
    const object = file === undefined ? undefined : this.#files.get(file)?.objects.get(id)
    return file === undefined || object === undefined ? undefined : { file, object }
  }

  #duplicates(id: ObjectId): readonly Problem[] {
    const [first, ...others] = [...(this.#owners.get(id) ?? [])]
      .sort()
      .map(file => this.#files.get(file)?.objects.get(id))
    return others.flatMap(object =>
      object === undefined || first === undefined ? [] : [duplicateProblem(object, first)],
    )
  }
}

const idOf = (object: AnyObject): ObjectId => `${object.kind}/${objectKey(object)}`

function recordFrom(content: FileContent, before: FileRecord): FileRecord {
  switch (content.kind) {
    case 'absent':
      return nothing
    case 'unreadable':
      return { ...before, lastGood: new Set(before.objects.keys()), problems: [content.problem] }
    case 'parsed':
      return parsedRecord(content.parsed, before)
  }
}

function parsedRecord(parsed: ParsedConfig, before: FileRecord): FileRecord {
  const { problems } = parsed
  if (parsed.syntax === 'broken') return { ...before, lastGood: new Set(before.objects.keys()), problems }
  const objects = new Map(parsed.objects.map(object => [idOf(object), object]))
  const lastGood = new Set<ObjectId>()
  const keep = (id: ObjectId): void => {
    const object = before.objects.get(id)
    if (object === undefined || objects.has(id)) return
    objects.set(id, object)
    lastGood.add(id)
  }
  for (const one of parsed.refused) keep(idText(one))
  if (parsed.unidentified > 0) for (const id of before.objects.keys()) keep(id)
  return { objects, lastGood, refused: parsed.refused.filter(one => !objects.has(idText(one))), problems }
}

/** Where an object stands in its file is no content. */
const hasSameContent = (a: AnyObject, b: AnyObject): boolean =>
  a === b ||
  (a.apiVersion === b.apiVersion &&
    isDeepStrictEqual(a.metadata, b.metadata) &&
    isDeepStrictEqual(a.spec, b.spec) &&
    isDeepStrictEqual(a.status, b.status))

function statusOf(object: AnyObject, state: ConfigStatus['state']): ConfigStatus {
  const { file, line, column } = placeOfOrigin(object.origin)
  const { namespace, name } = object.metadata
  return { kind: object.kind, namespace, name, file, line, column, state }
}

const statusOrder = (entry: ConfigStatus): string => `${entry.kind}\0${entry.namespace}/${entry.name}\0${entry.file}`
