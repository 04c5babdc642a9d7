import type { SecretBytes } from './secret-bytes.ts'

/** The frozen form of a parsed value. */
export type DeepReadonly<T> = T extends SecretBytes
  ? T
  : T extends readonly (infer Item)[]
    ? readonly DeepReadonly<Item>[]
    : T extends object
      ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> }
      : T
