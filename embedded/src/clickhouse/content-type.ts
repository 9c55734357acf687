/** The media types that the server names for its formats. */
const types: readonly (readonly [RegExp, string])[] = [
  [/^JSON.*EachRow/i, 'application/x-ndjson; charset=UTF-8'],
  [/^JSON/i, 'application/json; charset=UTF-8'],
  [/^(TSV|TabSeparated)/i, 'text/tab-separated-values; charset=UTF-8'],
  [/^CSVWithNames/i, 'text/csv; charset=UTF-8; header=present'],
  [/^CSV/i, 'text/csv; charset=UTF-8; header=absent'],
  [/^XML$/i, 'application/xml; charset=UTF-8'],
  [
    /^(RowBinary|Native|Parquet|ORC|Arrow|Avro|MsgPack|Protobuf|CapnProto|BSON|RawBLOB|Npy)/i,
    'application/octet-stream',
  ],
]

/** The media type of a format of ClickHouse. */
export function contentTypeOf(format: string): string {
  return types.find(([pattern]) => pattern.test(format))?.[1] ?? 'text/plain; charset=UTF-8'
}
