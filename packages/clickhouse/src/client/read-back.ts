import { createHash } from 'node:crypto'
import type { ClickHouseClient, ClickHouseSettings } from '@clickhouse/client'
import type {
  IdentityColumn,
  OffsetsQuestion,
  PresentIdentities,
  RecordsQuestion,
} from './clickhouse.ts'
import { quoteIdentifier } from './quote.ts'
import { query } from './requests.ts'

/** Of a SHA-256: no two records at one place agree in so many by chance. */
const HASH_BYTES = 16

/**
 * Identity of a record: of all its parts together, each as text with its length before it, so that no part
 * can run into the next. `identitySql` makes the same of a row.
 */
export function identityHash(parts: readonly Buffer[]): string {
  const bytes = Buffer.concat(parts.flatMap((part) => [Buffer.from(`${part.length}:`), part]))
  return createHash('sha256').update(bytes).digest().toString('hex', 0, HASH_BYTES)
}

function identitySql(columns: readonly IdentityColumn[]): string {
  const parts = columns.map(({ name, kind }) => {
    const column = quoteIdentifier(name)
    const text = kind === 'time' ? `toUnixTimestamp64Milli(${column})` : column
    return `toString(length(toString(${text}))), ':', toString(${text})`
  })
  return `lower(hex(substring(SHA256(concat(${parts.join(', ')})), 1, ${HASH_BYTES})))`
}

export async function recordsPresent(
  client: ClickHouseClient,
  question: RecordsQuestion,
  settings: ClickHouseSettings = {},
): Promise<PresentIdentities> {
  const columns = `DISTINCT kafka_partition AS p, kafka_offset AS o, ${identitySql(question.identity)} AS i`
  const rows = await ask<Place & { readonly i: string }>(client, question, { columns, settings })
  const present = new Map<number, Map<number, Set<string>>>()
  for (const { p, o, i } of rows) {
    const ofPartition = present.get(p) ?? new Map<number, Set<string>>()
    const offset = Number(o)
    ofPartition.set(offset, (ofPartition.get(offset) ?? new Set()).add(i))
    present.set(p, ofPartition)
  }
  return present
}

export async function highestOffsets(
  client: ClickHouseClient,
  question: OffsetsQuestion,
  settings: ClickHouseSettings = {},
): Promise<ReadonlyMap<number, number>> {
  const columns = 'kafka_partition AS p, max(kafka_offset) AS o'
  const rows = await ask<Place>(client, question, { columns, settings, grouping: 'GROUP BY p' })
  return new Map(rows.map(({ p, o }) => [p, Number(o)]))
}

interface Place {
  readonly p: number
  readonly o: string
}

function ask<Row>(
  client: ClickHouseClient,
  { table, generation, ranges, timeColumn, time, signal }: OffsetsQuestion,
  {
    columns,
    settings,
    grouping = '',
  }: {
    readonly columns: string
    readonly settings: ClickHouseSettings
    readonly grouping?: string
  },
): Promise<readonly Row[]> {
  return query<Row>(
    client,
    `SELECT ${columns} FROM {table:Identifier}
     WHERE {timeColumn:Identifier} BETWEEN fromUnixTimestamp64Milli({minMs:Int64})
                                       AND fromUnixTimestamp64Milli({maxMs:Int64})
       AND arrayExists((p, f, t) -> p = kafka_partition AND kafka_offset BETWEEN f AND t,
             {partitions:Array(UInt32)}, {from:Array(UInt64)}, {to:Array(UInt64)})
       AND version BETWEEN {least:UInt64} AND {most:UInt64}
     ${grouping}`,
    {
      table,
      timeColumn,
      ...time,
      partitions: ranges.map((range) => range.partition),
      from: ranges.map((range) => range.from),
      to: ranges.map((range) => range.to),
      least: versionOf(generation, Math.min(...ranges.map((range) => range.from))),
      most: versionOf(generation, Math.max(...ranges.map((range) => range.to))),
    },
    { signal, settings },
  )
}

/** The version of a row, in decimal: more than a number holds exactly. */
function versionOf(generation: number, offset: number): string {
  return String((BigInt(generation) << 48n) | BigInt(offset))
}
