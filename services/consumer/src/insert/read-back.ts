import type { ClickHouse } from '@custom-events/clickhouse'
import type { NativeBlock } from '@custom-events/codec'
import type { FetchedRecord } from '@custom-events/kafka'
import {
  recordsInDoubt,
  missingRecords,
  offsetRanges,
  rangesAhead,
  sameRecords,
  stillInDoubt,
  type InDoubt,
} from './in-doubt.ts'
import type { Route } from '../read/route.ts'

/** What came of asking. */
export interface ReadBack {
  /** To be inserted. */
  readonly missing: readonly FetchedRecord[]
  /** Partitions where the table may hold rows beyond these records. */
  readonly inDoubt: ReadonlySet<number>
}

/**
 * Which of the records in doubt the table does not have. The same place is in every log, and in one log twice
 * where Kafka was restored: a row counts only if it is the very record.
 *
 * With views of somebody's on the table a row is no proof: whoever inserted it may have died, or
 * ClickHouse may have, before the views had it too. Then what is there is inserted again: a view may count
 * it twice, and never misses it.
 *
 * @throws {ClickHouseFailure}
 */
export async function readBack(
  {
    clickhouse,
    abandon,
  }: {
    readonly clickhouse: Pick<ClickHouse, 'recordsPresent' | 'highestOffsets' | 'viewsOn'>
    readonly abandon: AbortSignal
  },
  job: {
    readonly route: Route
    readonly records: readonly FetchedRecord[]
    readonly encoded: NativeBlock
    readonly ask: InDoubt
  },
): Promise<ReadBack> {
  const { route, records, encoded, ask } = job
  const asked = recordsInDoubt(records, ask)
  const { table, timeColumn, identity } = route
  const { generation } = route.log
  const { time } = encoded
  const about = { table, generation, timeColumn, signal: abandon }
  const ranges = offsetRanges(asked)
  const found = await clickhouse.recordsPresent({ ...about, identity, ranges, time })
  const present = sameRecords(asked, found, (record) => route.identityOf(record))
  const aheadRanges = rangesAhead(asked, ask)
  const around = { minMs: time.minMs - CLOCKS_APART_MS, maxMs: LAST_MS }
  const ahead =
    aheadRanges.length === 0
      ? new Map<number, number>()
      : await clickhouse.highestOffsets({ ...about, ranges: aheadRanges, time: around })
  const isProof = present.size > 0 && !(await hasViews(clickhouse, table))
  return {
    missing: isProof ? missingRecords(records, present) : records,
    inDoubt: stillInDoubt(records, { present, ahead }, ask),
  }
}

/**
 * Rows ahead of a batch are hardly older than its oldest: the clocks of ingest instances may be a day apart. If
 * one is older still, its copy collapses by identity.
 */
const CLOCKS_APART_MS = 2 * 86_400_000
/** The end of what a DateTime64(3) holds. */
const LAST_MS = Date.UTC(2299, 11, 31)

async function hasViews(clickhouse: Pick<ClickHouse, 'viewsOn'>, table: string): Promise<boolean> {
  return (await clickhouse.viewsOn(table)).length > 0
}
