/** What somebody who asks ClickHouse is there for: each has a user of its own, with no more than it needs. */
export type RoleName =
  | 'setup'
  | 'writer'
  | 'reader'
  | 'account'
  | 'replay'
  | 'views'
  | 'hot_properties'
  | 'retention'
  | 'export'
  | 'destroy_keys'
  | 'eraser'
  | 'unsealer'
  | 'operator'

/** Something that a role may do. */
export interface Grant {
  /** As ClickHouse names them: `SELECT`, `ALTER DELETE`. */
  readonly rights: readonly string[]
  /**
   * Tables and views of CLICKHOUSE_DATABASE; `*`: all of them; `event_*`: those that begin so. With a dot: of another
   * database, `system.parts`, `keys.seal_keys` (the database of keys), `all.*` (that of tables over all
   * shards); `*.*`: no table at all, the right is one of the server.
   */
  readonly on: readonly string[]
  /** Of each of the tables, only these. @default all */
  readonly columns?: readonly string[]
  /** What does not work without it. */
  readonly without: string
  /** It is told and done without. */
  readonly isOptional?: true
  /** Only with CLICKHOUSE_CLUSTER. */
  readonly isOfClusters?: true
  /** Only with CLICKHOUSE_SHARDS_CLUSTER. */
  readonly isOfShards?: true
}

/** A setting that a role has, and within which bounds its users may change it. */
export interface Limit {
  readonly setting: string
  readonly value: number
  /**
   * `fixed`: nobody changes it. `most`: down to 1, never to 0, which ClickHouse takes for no limit at all. `default`: it
   * may be changed.
   */
  readonly change: 'fixed' | 'most' | 'default'
  readonly why: string
}

/** What one user may take within an hour; ClickHouse answers code 201 beyond it. */
export interface Quota {
  readonly queries: number
  readonly readRows: number
  /** All queries together. */
  readonly executionSeconds: number
}

export interface Role {
  readonly name: RoleName
  /** Who logs in with it. */
  readonly who: string
  readonly grants: readonly Grant[]
  /** @default none */
  readonly limits?: readonly Limit[]
  /** @default none */
  readonly quota?: Quota
}
