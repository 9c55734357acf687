import type { ClickHouse } from '@custom-events/clickhouse'
import type { RejectedEvent, Resolution } from '@custom-events/codec'
import type { Cursor, Filter } from './judged.ts'

/** A row of `rejected_events`. */
export interface RejectedRow {
  readonly event: RejectedEvent
  /** Of the log that the row came from. */
  readonly kafkaGeneration: number
  readonly kafkaPartition: number
}

export interface RejectedPage {
  readonly rows: readonly RejectedRow[]
  readonly next: Cursor | null
}

/** Of at most 64 KiB each. */
const PAGE_ROWS = 1_000

/** Reads the rejected events that a filter means, in the order they came. */
export function readRejectedEvents(clickhouse: Pick<ClickHouse, 'query'>, filter: Filter) {
  const params = {
    sinceMs: filter.sinceMs,
    untilMs: filter.untilMs,
    codes: filter.codes,
    group: filter.groupId ?? '',
    isForced: filter.isForced,
  }
  return {
    page: async (after: Cursor | null): Promise<RejectedPage> => {
      const [afterMs, requestId, index] = after ?? [0, '', -1]
      const place = { afterMs, requestId, index, limit: PAGE_ROWS }
      const rows = (await clickhouse.query<Row>(PAGE, { ...params, ...place })).map(toRejectedRow)
      const last = rows.length < PAGE_ROWS ? undefined : rows.at(-1)?.event
      if (last === undefined) return { rows, next: null }
      return { rows, next: [last.received_at, last.request_id, last.index] }
    },
    countResolved: async (): Promise<number> => {
      const [row] = await clickhouse.query<{ readonly resolved: string }>(RESOLVED, params)
      return Number(row?.resolved ?? 0)
    },
  }
}

type Row = Omit<RejectedEvent, 'received_at' | 'resolution' | 'resolved_at'> & {
  readonly received_ms: string
  readonly resolution: Resolution | null
  readonly resolved_ms: string | null
  readonly kafka_generation: number
  readonly kafka_partition: number
}

const IS_OPEN = `(resolution IS NULL OR ({isForced:Bool} AND resolution = 'superseded'))`
const WHERE = `
  WHERE received_at BETWEEN fromUnixTimestamp64Milli({sinceMs:Int64})
                        AND fromUnixTimestamp64Milli({untilMs:Int64})
    AND (empty({codes:Array(String)}) OR has({codes:Array(String)}, code))
    AND ({group:String} = '' OR ifNull(group_id = {group:String}, false))`
const PAGE = `
  SELECT request_id, \`index\`, toUnixTimestamp64Milli(received_at) AS received_ms, source, code, pointer,
         errors, event, group_id, user_id, event_id, raw, raw_truncated, beside, resolution,
         toUnixTimestamp64Milli(resolved_at) AS resolved_ms, replayed_to, kafka_generation,
         kafka_partition
  FROM rejected_events FINAL ${WHERE} AND ${IS_OPEN}
    AND rejected_events.received_at >= fromUnixTimestamp64Milli({afterMs:Int64}) -- implied, for the index
    AND (received_at, request_id, \`index\`) >
        (fromUnixTimestamp64Milli({afterMs:Int64}), {requestId:String}, {index:Int32})
  ORDER BY rejected_events.received_at, request_id, \`index\` LIMIT {limit:UInt32}`
const RESOLVED = `SELECT count() AS resolved FROM rejected_events FINAL ${WHERE} AND NOT ${IS_OPEN}`

function toRejectedRow(row: Row): RejectedRow {
  const { received_ms, resolved_ms, kafka_generation, kafka_partition, ...rest } = row
  return {
    kafkaGeneration: kafka_generation,
    kafkaPartition: kafka_partition,
    event: {
      ...rest,
      received_at: Number(received_ms),
      resolved_at: resolved_ms === null ? null : Number(resolved_ms),
    },
  }
}
