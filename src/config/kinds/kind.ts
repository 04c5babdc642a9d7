/** What the catalogue holds about a kind of object. One file per kind builds one of these. */

import type { Static, TObject } from 'typebox'
import type { ConfigObject, KindName } from '../object.ts'
import type { DeepReadonly } from '../schema/deep-readonly.ts'

/** Tells what is wrong at a field of the object, named as the user would (`spec.ports[0].number`). */
export interface Report {
  error(field: string, reason: string, remedy?: string): void
  warning(field: string, reason: string, remedy?: string): void
}

export interface Column {
  readonly name: string
  /** Where the value stands: `.spec.host`. */
  readonly path: string
}

export interface Kind<
  Name extends KindName = KindName,
  Spec extends TObject = TObject,
  Status extends TObject = TObject,
> {
  readonly name: Name
  /** What an object of it is for: whole sentences. */
  readonly description: string
  /** In paths and on the command line: `virtualservices`. */
  readonly plural: string
  /** What users type instead: `vs`. */
  readonly shortNames: readonly string[]
  /** `''` is the Kubernetes core group. */
  readonly group: string
  /** Served versions; they read as one. A Kubernetes API server stores the first, where `storedVersion` says nothing. */
  readonly versions: readonly string[]
  readonly storedVersion?: string
  /** What `kubectl get` prints beside the name and the age. */
  readonly columns?: readonly Column[]
  readonly scope: 'namespaced' | 'cluster'
  /** Where `ConfigObject.spec` is read from: the field `spec`, or the object's other top-level fields. */
  readonly body: 'spec' | 'top-level'
  readonly spec: Spec
  /** Present when the mesh reads the status. */
  readonly status?: Status
  /** Objects of this kind are read, checked, stored and listed, and nothing acts on them yet: what is missing. */
  readonly notInForce?: string
  /** The rules that a schema cannot say. Called only with an object whose form is right. */
  check(object: ConfigObject<DeepReadonly<Static<Spec>>, DeepReadonly<Static<Status>>, Name>, report: Report): void
}

export function defineKind<
  const Name extends KindName,
  Spec extends TObject,
  Status extends TObject = TObject<Record<never, never>>,
>(kind: Kind<Name, Spec, Status>): Kind<Name, Spec, Status> {
  return Object.freeze(kind)
}
