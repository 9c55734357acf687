/** One block of rows in ClickHouse's Native format. */
export interface NativeInsert {
  readonly table: string
  /** Every column of the block, in its order. */
  readonly columns: readonly string[]
  readonly block: Buffer
  /**
   * Asked once more when the block is about to leave, after what may have taken long: if not, nothing is sent.
   * @default it may
   */
  readonly mayBegin?: () => boolean
  /** Gives the request up; whether the rows are there is then in doubt. */
  readonly signal?: AbortSignal
}

/** The offsets from `from` to `to`, both included, of one partition. */
export interface OffsetRange {
  readonly partition: number
  readonly from: number
  readonly to: number
}

/** What does the table have of these offsets of one log? */
export interface OffsetsQuestion {
  readonly table: string
  /** Of the log. */
  readonly generation: number
  readonly ranges: readonly OffsetRange[]
  readonly timeColumn: string
  /** Of the rows that are asked about: milliseconds since 1970, both included. */
  readonly time: { readonly minMs: number; readonly maxMs: number }
  readonly signal?: AbortSignal
}

/** A column of a record's identity, and how it becomes text. */
export interface IdentityColumn {
  readonly name: string
  /** `time`: milliseconds since 1970. */
  readonly kind: 'text' | 'number' | 'time'
}

export interface RecordsQuestion extends OffsetsQuestion {
  readonly identity: readonly IdentityColumn[]
}

/** What lies at places of one log: identities, as `identityHash` makes them, by partition and offset. */
export type PresentIdentities = ReadonlyMap<number, ReadonlyMap<number, ReadonlySet<string>>>

/** A materialized view of somebody's that is filled by inserts into a table; none of our own is. */
export interface ViewOnTable {
  readonly database: string
  readonly name: string
}

/** A result that is read as it comes. */
export interface StreamRequest {
  /** With its FORMAT. */
  readonly sql: string
  readonly params?: Readonly<Record<string, unknown>>
  readonly signal?: AbortSignal
}

export interface ClickHouse extends AsyncDisposable {
  readonly database: string
  /** As whom it logs in. In the embedded engine `currentUser()` is `default` for everybody. */
  readonly user: string
  /**
   * One synchronous insert; resolves only when ClickHouse has written the block.
   * @throws {ClickHouseFailure} to be judged by `classify(error.failure)`.
   */
  insertNative(insert: NativeInsert): Promise<void>
  /**
   * What the table holds at the places of these ranges, each with its identity. Narrowed by the times of the
   * rows, because the table is not sorted by offset.
   * @throws {ClickHouseFailure}
   */
  recordsPresent(question: RecordsQuestion): Promise<PresentIdentities>
  /** The highest offset that the table holds of each range, by partition. @throws {ClickHouseFailure} */
  highestOffsets(question: OffsetsQuestion): Promise<ReadonlyMap<number, number>>
  /** Views that every insert into the table also fills. @throws {ClickHouseFailure} */
  viewsOn(table: string): Promise<readonly ViewOnTable[]>
  /** Rows of a query; values only ever as parameters. @throws {ClickHouseFailure} */
  query<Row>(sql: string, params?: Readonly<Record<string, unknown>>): Promise<Row[]>
  /**
   * The bytes of a result in a format of ClickHouse's, as they come; values only ever as parameters. Ends only when the
   * result is whole.
   * @throws {ClickHouseFailure} also after bytes have come: ClickHouse answers 200 before it knows how it ends.
   */
  stream(request: StreamRequest): AsyncGenerator<Buffer, void, void>
  /** A statement without a result. @throws {ClickHouseFailure} */
  command(sql: string, params?: Readonly<Record<string, unknown>>): Promise<void>
  /** @throws {ClickHouseFailure} when the user may not create it. */
  createDatabase(onCluster: string): Promise<void>
  /** Whether it answers at all; never throws. */
  ping(): Promise<boolean>
}
