import type { Limit, Quota } from './role.ts'

const GIB = 1024 ** 3

/** What a query of somebody who only reads may take. */
interface Reading {
  readonly memoryBytes: number
  readonly seconds: number
  readonly rows: number
  /** Queries of one user at the same time. */
  readonly queries: number
}

function readingLimits({ memoryBytes, seconds, rows, queries }: Reading): readonly Limit[] {
  return [
    { setting: 'readonly', value: 2, change: 'fixed', why: 'nothing is changed' },
    { setting: 'max_memory_usage', value: memoryBytes, change: 'most', why: 'bytes of one query' },
    {
      setting: 'apply_deleted_mask',
      value: 1,
      change: 'fixed',
      why: 'rows of an erased person are hidden first, and still there for a while',
    },
    {
      setting: 'max_bytes_before_external_group_by',
      value: memoryBytes / 4,
      change: 'most',
      why: 'grouping goes to disk from there on',
    },
    {
      setting: 'max_bytes_before_external_sort',
      value: memoryBytes / 4,
      change: 'most',
      why: 'sorting goes to disk from there on',
    },
    {
      setting: 'max_temporary_data_on_disk_size_for_user',
      value: 16 * GIB,
      change: 'most',
      why: 'bytes on disk of all its queries',
    },
    { setting: 'max_execution_time', value: seconds, change: 'most', why: 'seconds of one query' },
    { setting: 'max_rows_to_read', value: rows, change: 'most', why: 'rows that one query reads' },
    {
      setting: 'max_concurrent_queries_for_user',
      value: queries,
      change: 'most',
      why: 'queries at the same time',
    },
  ]
}

/** @see https://clickhouse.com/docs/operations/settings/query-complexity */
export const READER_LIMITS: readonly Limit[] = readingLimits({
  memoryBytes: 4 * GIB,
  seconds: 600,
  rows: 10_000_000_000,
  queries: 16,
})

export const READER_QUOTA: Quota = {
  queries: 20_000,
  readRows: 1_000_000_000_000,
  executionSeconds: 14_400,
}

/** An account is somebody else: less of everything, and nothing that others would notice. */
export const ACCOUNT_LIMITS: readonly Limit[] = [
  ...readingLimits({
    memoryBytes: 2 * GIB,
    seconds: 60,
    rows: 1_000_000_000,
    queries: 4,
  }),
  {
    setting: 'use_query_condition_cache',
    value: 0,
    change: 'fixed',
    why: 'it remembers for everybody what the row policy of one hid (ClickHouse 110302)',
  },
  {
    setting: 'use_query_cache',
    value: 0,
    change: 'fixed',
    why: 'results of others are never handed out',
  },
  {
    setting: 'query_cache_share_between_users',
    value: 0,
    change: 'fixed',
    why: 'its results are never handed to others',
  },
  {
    setting: 'use_skip_indexes',
    value: 0,
    change: 'fixed',
    why: 'how much is read would tell which users of others there are',
  },
  {
    setting: 'output_format_write_statistics',
    value: 0,
    change: 'fixed',
    why: 'the same, in answers as JSON',
  },
  {
    setting: 'output_format_arrow_low_cardinality_as_dictionary',
    value: 0,
    change: 'fixed',
    why: 'the dictionary of a column has values of rows that the row policy hid',
  },
  {
    setting: 'apply_row_policy_after_final',
    value: 0,
    change: 'fixed',
    why: 'the row policy comes before everything that the query says',
  },
  {
    setting: 'enable_analyzer',
    value: 1,
    change: 'fixed',
    why: 'the one that row policies are tested with',
  },
]

export const ACCOUNT_QUOTA: Quota = {
  queries: 3_600,
  readRows: 50_000_000_000,
  executionSeconds: 3_600,
}
