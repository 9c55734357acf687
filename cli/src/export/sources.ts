/** How a value becomes JSON. `json` is JSON text already, passed on byte for byte. */
export type ColumnKind = 'text' | 'number' | 'flag' | 'time' | 'json'

export interface ExportedColumn {
  readonly name: string
  readonly kind: ColumnKind
}

/** Rows of one account that an export takes, in files of their own. */
export interface ExportSource {
  /** Names begin with it. */
  readonly name: 'events' | 'rejected'
  /** What is read: each row once. */
  readonly from: string
  /** Column that its range and its files go by. */
  readonly time: string
  /** Beside `time`, so that two exports of the same rows are the same. */
  readonly order: string
  readonly columns: readonly ExportedColumn[]
  /** Text of a row, in bytes, near enough to bound a file. */
  readonly bytes: string
  readonly isAnonymous: string
}

/** Whose rows. */
export interface Subject {
  readonly group: string
  readonly user: string | null
  readonly anonymous: string | null
}

const columns = (kind: ColumnKind, ...names: readonly string[]): readonly ExportedColumn[] =>
  names.map((name) => ({ name, kind }))

/** Rejects of which the account could not be read are nobody's, and in no export. */
export const EXPORT_SOURCES: readonly ExportSource[] = [
  {
    name: 'events',
    from: 'tracked',
    time: 'timestamp',
    order: 'event, event_id',
    columns: [
      ...columns('text', 'event_id', 'event', 'group_id', 'user_id', 'anonymous_id'),
      ...columns('time', 'timestamp', 'sent_at', 'received_at', 'inserted_at'),
      ...columns('json', 'properties', 'context', 'extra'),
      ...columns('text', 'source'),
    ],
    bytes: 'length(properties) + length(context) + length(extra) + 300',
    isAnonymous: 'anonymous_id = {anonymous:String}',
  },
  {
    name: 'rejected',
    from: 'rejected_events FINAL',
    time: 'received_at',
    order: 'request_id, `index`',
    columns: [
      ...columns('time', 'received_at'),
      ...columns('text', 'code', 'pointer'),
      ...columns('json', 'errors'),
      ...columns('text', 'request_id'),
      ...columns('number', 'index'),
      ...columns('text', 'event', 'group_id', 'user_id', 'event_id', 'raw'),
      ...columns('flag', 'raw_truncated'),
      ...columns('text', 'source'),
      ...columns('json', 'beside'),
      ...columns('text', 'resolution'),
      ...columns('time', 'resolved_at', 'inserted_at'),
    ],
    bytes: "length(raw) + length(errors) + length(ifNull(beside, '')) + 300",
    isAnonymous: `{anonymous:String} IN (JSONExtractString(raw, 'anonymous_id'), JSONExtractString(raw, 'anonymousId'))`,
  },
]

/** From the first to before the last, in milliseconds since 1970. */
export interface TimeRange {
  readonly fromMs: number
  readonly toMs: number
}

/** Values of the parameters in `whereOf`. */
export function parametersOf(subject: Subject, range: TimeRange) {
  return {
    group: subject.group,
    user: subject.user ?? '',
    anonymous: subject.anonymous ?? '',
    from: range.fromMs,
    to: range.toMs,
  }
}

/** Which rows: values stand in parameters only. */
export function whereOf({ time, isAnonymous }: ExportSource, subject: Subject): string {
  const user = subject.user === null ? '' : 'AND user_id = {user:String}'
  const anonymous = subject.anonymous === null ? '' : `AND ${isAnonymous}`
  return `WHERE group_id = {group:String} ${user} ${anonymous}
    AND ${time} >= fromUnixTimestamp64Milli({from:Int64}, 'UTC')
    AND ${time} < fromUnixTimestamp64Milli({to:Int64}, 'UTC')`
}

/** The rows of a range, times as milliseconds. */
export function ndjsonQuery(source: ExportSource, subject: Subject): string {
  const selected = source.columns.map(({ name, kind }) =>
    kind === 'time' ? `toUnixTimestamp64Milli(\`${name}\`)` : `\`${name}\``,
  )
  return `SELECT ${selected.join(', ')} FROM ${source.from} ${whereOf(source, subject)}
    ORDER BY ${source.time}, ${source.order} FORMAT JSONCompactEachRow`
}

/** The rows of a range as Parquet: times in UTC, texts as UTF-8. */
export function parquetQuery(source: ExportSource, subject: Subject): string {
  const selected = source.columns.map(({ name }) => `\`${name}\``)
  return `SELECT ${selected.join(', ')} FROM ${source.from} ${whereOf(source, subject)}
    ORDER BY ${source.time}, ${source.order}
    SETTINGS output_format_parquet_string_as_string = 1, output_format_parquet_compression_method = 'snappy'
    FORMAT Parquet`
}
