import type { Engine } from '../engine/engine.ts'

/** A statement that has ended; its texts hold no password. */
export interface EndedQuery {
  readonly queryId: string
  readonly query: string
  readonly kind: 'Select' | 'Insert'
  readonly database: string
  readonly user: string
  readonly userAgent: string
  /** The setting `log_comment`. */
  readonly comment: string
  readonly startedAtMs: number
  readonly durationMs: number
  readonly resultRows: number
  readonly resultBytes: number
  readonly writtenRows: number
  /** `null`: it succeeded. */
  readonly exception: { readonly code: number; readonly message: string } | null
}

export interface QueryLog {
  /** Costs its caller nothing but memory; what does not fit replaces the oldest that waits. */
  readonly add: (query: EndedQuery) => void
  /** Resolves when all that was added can be read; never rejects. */
  readonly flush: () => Promise<void>
  /** Does something while its connection is closed; what the table had until then is gone with the engine. */
  readonly alone: (work: () => void) => Promise<void>
  /** Takes no more, and closes the connection. */
  readonly close: () => Promise<void>
}

/** The server's own name for it: what reads one reads the other. */
const TABLE = 'system.query_log'
const MAX_WAITING = 1_000
const FLUSH_EVERY_MS = 5_000
/** What the table keeps at most; it is gone with the process. */
const MAX_TABLE_BYTES = 32 * 1024 * 1024

/**
 * Keeps `system.query_log`, which chDB has not: the SELECTs that were asked through the front, in the server's columns. The
 * data of INSERTs, commands and passwords are not kept.
 *
 * It has a connection of its own, so that queries of others do not wait for it.
 */
export function createQueryLog(engine: Engine): QueryLog {
  let connection = engine.connect()
  const waiting: EndedQuery[] = []
  let last: Promise<void> = Promise.resolve()
  let isClosed = false

  const write = async (): Promise<void> => {
    const rows = waiting.splice(0)
    await connection.query(CREATE) // somebody may have dropped it
    if (rows.length === 0) return
    const lines = rows.map((row) => JSON.stringify(rowOf(row)))
    await connection.insert(`INSERT INTO ${TABLE} FORMAT JSONEachRow\n${lines.join('\n')}`)
  }
  const flush = (): Promise<void> => {
    last = last.then(write).catch(() => {}) // a log that is not written stops no query
    return last
  }
  const timer = setInterval(() => {
    if (waiting.length > 0) void flush()
  }, FLUSH_EVERY_MS)
  timer.unref()
  return {
    add: (query) => {
      if (isClosed) return
      if (waiting.length >= MAX_WAITING) waiting.shift()
      waiting.push(query)
    },
    flush,
    alone: async (work) => {
      await last
      connection.close()
      try {
        work()
      } finally {
        connection = engine.connect()
      }
    },
    close: async () => {
      isClosed = true
      clearInterval(timer)
      waiting.length = 0
      await last
      connection.close()
    },
  }
}

function rowOf(ended: EndedQuery): object {
  const endedAtMs = ended.startedAtMs + ended.durationMs
  const { exception } = ended
  return {
    type: exception === null ? 'QueryFinish' : 'ExceptionWhileProcessing',
    event_date: moment(endedAtMs).slice(0, 10),
    event_time: moment(endedAtMs).slice(0, 19),
    event_time_microseconds: moment(endedAtMs),
    query_start_time: moment(ended.startedAtMs).slice(0, 19),
    query_start_time_microseconds: moment(ended.startedAtMs),
    query_duration_ms: Math.round(ended.durationMs),
    written_rows: ended.writtenRows,
    result_rows: ended.resultRows,
    result_bytes: ended.resultBytes,
    current_database: ended.database,
    query: ended.query,
    query_kind: ended.kind,
    exception_code: exception?.code ?? 0,
    exception: exception?.message ?? '',
    user: ended.user,
    query_id: ended.queryId,
    http_user_agent: ended.userAgent,
    log_comment: ended.comment,
  }
}

/** As ClickHouse reads it; the engine's time zone is UTC. */
function moment(ms: number): string {
  return new Date(ms).toISOString().replace('T', ' ').replace('Z', '')
}

/** Names and types are a server's (26.7). What chDB does not tell is 0 or empty: rows read, memory, ProfileEvents. */
const CREATE = `CREATE TABLE IF NOT EXISTS ${TABLE}
(
  type Enum8('QueryStart' = 1, 'QueryFinish' = 2, 'ExceptionBeforeStart' = 3, 'ExceptionWhileProcessing' = 4),
  event_date Date,
  event_time DateTime,
  event_time_microseconds DateTime64(6),
  query_start_time DateTime,
  query_start_time_microseconds DateTime64(6),
  query_duration_ms UInt64,
  read_rows UInt64,
  read_bytes UInt64,
  written_rows UInt64,
  written_bytes UInt64,
  result_rows UInt64,
  result_bytes UInt64,
  memory_usage UInt64,
  current_database LowCardinality(String),
  query String,
  formatted_query String,
  normalized_query_hash UInt64 DEFAULT normalizedQueryHash(query),
  query_kind LowCardinality(String),
  databases Array(LowCardinality(String)),
  tables Array(LowCardinality(String)),
  columns Array(LowCardinality(String)),
  views Array(LowCardinality(String)),
  exception_code Int32,
  exception String,
  is_initial_query UInt8 DEFAULT 1,
  user LowCardinality(String),
  query_id String,
  initial_query_id String DEFAULT query_id,
  interface UInt8 DEFAULT 2,
  http_method UInt8,
  http_user_agent LowCardinality(String),
  client_name LowCardinality(String),
  log_comment String,
  ProfileEvents Map(LowCardinality(String), UInt64),
  Settings Map(LowCardinality(String), LowCardinality(String))
)
ENGINE = Memory
SETTINGS max_bytes_to_keep = ${MAX_TABLE_BYTES}
COMMENT 'What was asked through the front of the embedded ClickHouse since its start, or since a login of an account came or went: SELECTs only, at most ${MAX_TABLE_BYTES / 1024 / 1024} MiB. Not for who only reads.'`
