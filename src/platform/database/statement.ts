/** What goes into and comes out of the database. */

/** `null` is SQL's; it stays at this edge. */
export type SqlValue = string | number | bigint | Uint8Array | null

export type Row = Readonly<Record<string, SqlValue>>

export interface Statement {
  readonly sql: string
  readonly parameters: readonly SqlValue[]
}
