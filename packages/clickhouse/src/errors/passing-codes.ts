import type { Reason } from './verdict.ts'
import type { CodeGroup } from './code-group.ts'

/** What no group has, and what may be either: so often, then a person is told. */
export const FEW_ATTEMPTS = 5
/** About two minutes: what passes at a restart or a failover has passed by then. */
const PATIENT_ATTEMPTS = 12
const BAD_BLOCK_ATTEMPTS = 3

/** What is tried again: for ever where it passes of itself, for a while where it may also stay. */
export const PASSING_GROUPS: readonly CodeGroup[] = [
  retry('unreachable', {
    3: 'UNEXPECTED_END_OF_FILE', // the request was cut
    95: 'CANNOT_READ_FROM_SOCKET',
    96: 'CANNOT_WRITE_TO_SOCKET',
    198: 'DNS_ERROR',
    209: 'SOCKET_TIMEOUT',
    210: 'NETWORK_ERROR',
    236: 'ABORTED', // the server is going down
    279: 'ALL_CONNECTION_TRIES_FAILED',
    297: 'SHARD_HAS_NO_CONNECTIONS',
    394: 'QUERY_WAS_CANCELLED',
    410: 'EXTERNAL_SERVER_IS_NOT_RESPONDING',
    425: 'SYSTEM_ERROR',
    519: 'NO_REMOTE_SHARD_AVAILABLE',
    677: 'THREAD_WAS_CANCELED',
    735: 'QUERY_WAS_CANCELLED_BY_CLIENT',
  }),
  retry('starting', {
    218: 'TABLE_IS_DROPPED', // exchanged just now; if it is gone, the next answer is UNKNOWN_TABLE
    341: 'UNFINISHED',
    384: 'PART_IS_TEMPORARILY_LOCKED',
    667: 'NOT_INITIALIZED',
    696: 'ASYNC_LOAD_CANCELED',
    722: 'ASYNC_LOAD_WAIT_FAILED',
    733: 'TABLE_IS_BEING_RESTARTED',
    738: 'PART_IS_LOCKED',
  }),
  retry('overloaded', {
    201: 'QUOTA_EXCEEDED', // of an interval, which ends
    202: 'TOO_MANY_SIMULTANEOUS_QUERIES',
    203: 'NO_FREE_CONNECTION',
    216: 'QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING',
    364: 'RECEIVED_ERROR_TOO_MANY_REQUESTS',
    373: 'SESSION_IS_LOCKED',
    439: 'CANNOT_SCHEDULE_TASK',
    473: 'DEADLOCK_AVOIDED',
    574: 'DISTRIBUTED_TOO_MANY_PENDING_BYTES',
    650: 'SERIALIZATION_ERROR',
    692: 'TOO_MANY_MUTATIONS',
    700: 'USER_SESSION_LIMIT_EXCEEDED',
    745: 'SERVER_OVERLOADED',
    749: 'TCP_CONNECTION_LIMIT_REACHED',
    762: 'HTTP_CONNECTION_LIMIT_REACHED',
    763: 'SESSION_REFUSED',
    776: 'RESOURCE_LIMIT_EXCEEDED',
  }),
  retry('replication', {
    225: 'NO_ZOOKEEPER',
    234: 'NO_REPLICA_HAS_PART',
    244: 'UNEXPECTED_ZOOKEEPER_ERROR',
    254: 'NO_ACTIVE_REPLICAS',
    255: 'TOO_MANY_RETRIES_TO_FETCH_PARTS',
    265: 'NO_AVAILABLE_REPLICA',
    285: 'TOO_FEW_LIVE_REPLICAS',
    286: 'UNSATISFIED_QUORUM_FOR_PREVIOUS_WRITE',
    289: 'REPLICA_IS_NOT_IN_QUORUM',
    369: 'ALL_REPLICAS_ARE_STALE',
    416: 'REPLICA_STATUS_CHANGED',
    529: 'NOT_A_LEADER',
    568: 'RAFT_ERROR',
    904: 'TOO_MANY_UNAVAILABLE_SHARDS',
    999: 'KEEPER_EXCEPTION',
  }),
  retry('too_many_parts', { 252: 'TOO_MANY_PARTS' }, { adjustment: 'longerAge' }),
  retry(
    'memory',
    {
      173: 'CANNOT_ALLOCATE_MEMORY',
      240: 'CANNOT_MREMAP',
      241: 'MEMORY_LIMIT_EXCEEDED',
      777: 'MEMORY_RESERVATION_KILLED',
      778: 'MEMORY_RESERVATION_FAILED',
    },
    { adjustment: 'smallerBatch' },
  ),
  retry('timeout', { 159: 'TIMEOUT_EXCEEDED', 160: 'TOO_SLOW' }, { adjustment: 'smallerBatch' }),
  // Limits of the user's settings profile: fewer rows may pass; if one alone does not, no waiting helps.
  retry(
    'limit',
    {
      158: 'TOO_MANY_ROWS',
      290: 'LIMIT_EXCEEDED',
      307: 'TOO_MANY_BYTES',
      396: 'TOO_MANY_ROWS_OR_BYTES',
    },
    { adjustment: 'smallerBatch', maxAttempts: FEW_ATTEMPTS },
  ),
  // Without its Keeper session for a moment, or without its metadata for good.
  retry('read_only', { 242: 'TABLE_IS_READ_ONLY' }, { maxAttempts: PATIENT_ATTEMPTS }),
  // A disk or an object store: a burst, or for good.
  retry(
    'storage',
    {
      74: 'CANNOT_READ_FROM_FILE_DESCRIPTOR',
      75: 'CANNOT_WRITE_TO_FILE_DESCRIPTOR',
      76: 'CANNOT_OPEN_FILE',
      77: 'CANNOT_CLOSE_FILE',
      83: 'DIRECTORY_DOESNT_EXIST',
      84: 'DIRECTORY_ALREADY_EXISTS',
      87: 'CANNOT_SEEK_THROUGH_FILE',
      88: 'CANNOT_TRUNCATE_FILE',
      172: 'CANNOT_CREATE_DIRECTORY',
      204: 'CANNOT_FSYNC',
      214: 'CANNOT_STATVFS',
      274: 'AIO_READ_ERROR',
      275: 'AIO_WRITE_ERROR',
      294: 'CANNOT_WRITE_TO_FILE',
      400: 'CANNOT_STAT',
      424: 'CANNOT_LINK',
      458: 'CANNOT_UNLINK',
      499: 'S3_ERROR',
      500: 'AZURE_BLOB_STORAGE_ERROR',
      504: 'FILE_ALREADY_EXISTS',
      521: 'ATOMIC_RENAME_FAIL',
      531: 'CANNOT_FSTAT',
      566: 'CANNOT_RMDIR',
      586: 'CANNOT_CREATE_FILE',
      625: 'IO_SETUP_ERROR',
      641: 'CANNOT_APPEND_TO_FILE',
      660: 'HDFS_ERROR',
      662: 'FS_METADATA_ERROR',
      693: 'AWS_ERROR',
      707: 'GCP_ERROR',
      737: 'GOOGLE_CLOUD_ERROR',
      900: 'DISTRIBUTED_CACHE_ERROR',
      901: 'CANNOT_USE_DISTRIBUTED_CACHE',
      903: 'DISTRIBUTED_CACHE_REGISTRY_SHUTDOWN',
    },
    { maxAttempts: PATIENT_ATTEMPTS },
  ),
  // A part vanished under a merge.
  retry('storage', { 107: 'FILE_DOESNT_EXIST' }),
  // Of libraries within ClickHouse: most often a connection, at times what nobody has thought of.
  retry(
    'unknown',
    { 1000: 'POCO_EXCEPTION', 1001: 'STD_EXCEPTION', 1002: 'UNKNOWN_EXCEPTION' },
    { maxAttempts: PATIENT_ATTEMPTS },
  ),
  // The block was cut or changed on its way, or its columns are not what the table has.
  retry(
    'block_refused',
    {
      4: 'EXPECTED_END_OF_FILE',
      7: 'INCORRECT_NUMBER_OF_COLUMNS',
      9: 'SIZES_OF_COLUMNS_DOESNT_MATCH',
      20: 'NUMBER_OF_COLUMNS_DOESNT_MATCH',
      32: 'ATTEMPT_TO_READ_AFTER_EOF',
      33: 'CANNOT_READ_ALL_DATA',
      108: 'NO_DATA_TO_INSERT',
      190: 'SIZES_OF_ARRAYS_DONT_MATCH',
      261: 'UNKNOWN_BLOCK_INFO_FIELD',
      271: 'CANNOT_DECOMPRESS',
    },
    { maxAttempts: BAD_BLOCK_ATTEMPTS },
  ),
  {
    class: 'inDoubt',
    reason: 'replication',
    maxAttempts: null,
    adjustment: 'none',
    // ClickHouse itself does not know.
    nameByCode: { 319: 'UNKNOWN_STATUS_OF_INSERT', 659: 'UNKNOWN_STATUS_OF_TRANSACTION' },
  },
]

function retry(
  reason: Reason,
  nameByCode: CodeGroup['nameByCode'],
  more: Partial<Pick<CodeGroup, 'maxAttempts' | 'adjustment'>> = {},
): CodeGroup {
  return { class: 'retry', reason, maxAttempts: null, adjustment: 'none', nameByCode, ...more }
}
