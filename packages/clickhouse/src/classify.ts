/**
 * What to do about a failed request to ClickHouse.
 * - `retry`: nothing is wrong with the rows or the setup; the same rows, for ever, with backoff. A block
 *   over several months is written month by month, so a part of it may be there: ask first here too.
 * - `inDoubt`: the rows may be there or not; ask before sending them again.
 * - `halt`: a person must act (a missing table, no rights); keep the offset, be not ready, look again slowly.
 * - `data`: one of the rows is refused; find it.
 */
export type ErrorClass = 'retry' | 'inDoubt' | 'halt' | 'data'

/** How the next attempt differs from a plain repetition. */
export type Adjustment = 'none' | 'smallerBatch' | 'longerAge'

export interface Verdict {
  readonly class: ErrorClass
  /** Closed set: usable as a metric label. */
  readonly reason: Reason
  readonly adjustment: Adjustment
  /** After so many attempts a retry becomes a halt; `null` means never. */
  readonly maxAttempts: number | null
}

export type Reason =
  | 'unreachable'
  | 'timeout'
  | 'overloaded'
  | 'memory'
  | 'too_many_parts'
  | 'replication'
  | 'cut_answer'
  | 'not_accepted'
  | 'schema'
  | 'rights'
  | 'read_only'
  | 'disk_full'
  | 'corrupted'
  | 'too_many_partitions'
  | 'row_refused'
  | 'block_refused'
  | 'unknown'

/** A failed request, stripped of everything that must not decide. */
export interface Failure {
  /** ClickHouse's exception code. */
  readonly code: number | null
  /** HTTP status; `null` when no answer came. */
  readonly status: number | null
  /** Node's error code of the connection, such as `ECONNREFUSED`; `TIMEOUT` for our own limit. */
  readonly network: string | null
  /** Looked at for code 252 only, the one code with two meanings. */
  readonly message: string
}

const UNKNOWN_CODE_ATTEMPTS = 5
const BAD_BLOCK_ATTEMPTS = 3

/** Connection errors that come before any byte of the request has left: the rows are not there. */
const NEVER_SENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
])

/** Said by balancers and gateways when the server behind them is busy or away. */
const GATEWAY_STATUS = new Set([429, 502, 503, 504])

const RETRY: Readonly<Record<number, Reason>> = {
  3: 'unreachable', // UNEXPECTED_END_OF_FILE: the request was cut
  107: 'disk_full', // FILE_DOESNT_EXIST: a part vanished under a merge
  202: 'overloaded', // TOO_MANY_SIMULTANEOUS_QUERIES
  203: 'overloaded', // NO_FREE_CONNECTION
  209: 'unreachable', // SOCKET_TIMEOUT
  210: 'unreachable', // NETWORK_ERROR
  236: 'unreachable', // ABORTED: the server is going down
  279: 'unreachable', // ALL_CONNECTION_TRIES_FAILED
  285: 'replication', // TOO_FEW_LIVE_REPLICAS
  286: 'replication', // UNSATISFIED_QUORUM_FOR_PREVIOUS_WRITE
  394: 'unreachable', // QUERY_WAS_CANCELLED
  425: 'unreachable', // SYSTEM_ERROR
  473: 'overloaded', // DEADLOCK_AVOIDED
  999: 'replication', // KEEPER_EXCEPTION
}

const HALT: Readonly<Record<number, Reason>> = {
  16: 'schema', // NO_SUCH_COLUMN_IN_TABLE
  36: 'schema', // BAD_ARGUMENTS
  44: 'schema', // ILLEGAL_COLUMN
  47: 'schema', // UNKNOWN_IDENTIFIER
  53: 'schema', // TYPE_MISMATCH
  60: 'schema', // UNKNOWN_TABLE
  62: 'schema', // SYNTAX_ERROR
  81: 'schema', // UNKNOWN_DATABASE
  115: 'schema', // UNKNOWN_SETTING
  164: 'read_only', // READONLY
  192: 'rights', // UNKNOWN_USER
  193: 'rights', // WRONG_PASSWORD
  194: 'rights', // REQUIRED_PASSWORD
  242: 'read_only', // TABLE_IS_READ_ONLY
  243: 'disk_full', // NOT_ENOUGH_SPACE
  246: 'corrupted', // CORRUPTED_DATA: a part that was merged on a full disk, see the runbook
  395: 'schema', // FUNCTION_THROW_IF_VALUE_IS_NON_ZERO
  497: 'rights', // ACCESS_DENIED
  516: 'rights', // AUTHENTICATION_FAILED
}

const DATA: ReadonlySet<number> = new Set([
  6, // CANNOT_PARSE_TEXT
  25, // CANNOT_PARSE_ESCAPE_SEQUENCE
  26, // CANNOT_PARSE_QUOTED_STRING
  27, // CANNOT_PARSE_INPUT_ASSERTION_FAILED
  38, // CANNOT_PARSE_DATE
  41, // CANNOT_PARSE_DATETIME
  69, // ARGUMENT_OUT_OF_BOUND
  70, // CANNOT_CONVERT_TYPE
  72, // CANNOT_PARSE_NUMBER
  117, // INCORRECT_DATA
  131, // TOO_LARGE_STRING_SIZE
  321, // VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE
  349, // CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN
  376, // CANNOT_PARSE_UUID
  407, // DECIMAL_OVERFLOW
  469, // VIOLATED_CONSTRAINT
  691, // UNKNOWN_ELEMENT_OF_ENUM
])

/** Decides by code, never by text, but for 252. Total: an unknown failure is retried, then halts; never `data`. */
export function classify(failure: Failure): Verdict {
  if (failure.code !== null) return classifyCode(failure.code, failure.message)
  if (failure.network !== null) return classifyNetwork(failure.network)
  if (failure.status !== null) return classifyStatus(failure.status)
  return verdict('retry', 'unknown', { maxAttempts: UNKNOWN_CODE_ATTEMPTS })
}

function classifyCode(code: number, message: string): Verdict {
  // UNKNOWN_STATUS_OF_INSERT: ClickHouse itself does not know.
  if (code === 319) return verdict('inDoubt', 'replication')
  // CANNOT_READ_ALL_DATA: the block was cut on its way, or its columns are not what the table has.
  if (code === 33) return verdict('retry', 'block_refused', { maxAttempts: BAD_BLOCK_ATTEMPTS })
  // The same code also means one block that spans too many months, which no waiting cures.
  if (code === 252 && /too many partitions for single insert block/i.test(message)) {
    return verdict('halt', 'too_many_partitions')
  }
  if (code === 252) return verdict('retry', 'too_many_parts', { adjustment: 'longerAge' })
  if (code === 241) return verdict('retry', 'memory', { adjustment: 'smallerBatch' })
  if (code === 159) return verdict('retry', 'timeout', { adjustment: 'smallerBatch' })
  const retry = RETRY[code]
  if (retry !== undefined) return verdict('retry', retry)
  const halt = HALT[code]
  if (halt !== undefined) return verdict('halt', halt)
  if (DATA.has(code)) return verdict('data', 'row_refused')
  return verdict('retry', 'unknown', { maxAttempts: UNKNOWN_CODE_ATTEMPTS })
}

function classifyNetwork(network: string): Verdict {
  if (NEVER_SENT.has(network)) return verdict('retry', 'unreachable')
  return verdict('inDoubt', network === 'TIMEOUT' ? 'timeout' : 'cut_answer')
}

/** An answer without ClickHouse's code was made by something in between, or is no answer to an insert. */
function classifyStatus(status: number): Verdict {
  if (GATEWAY_STATUS.has(status)) return verdict('retry', 'overloaded')
  if (status >= 500 || status < 300) return verdict('inDoubt', 'cut_answer')
  if (status === 401 || status === 403) return verdict('halt', 'rights')
  return verdict('retry', 'not_accepted', { maxAttempts: UNKNOWN_CODE_ATTEMPTS })
}

function verdict(
  errorClass: ErrorClass,
  reason: Reason,
  more: { readonly adjustment?: Adjustment; readonly maxAttempts?: number } = {},
): Verdict {
  return {
    class: errorClass,
    reason,
    adjustment: more.adjustment ?? 'none',
    maxAttempts: more.maxAttempts ?? null,
  }
}
