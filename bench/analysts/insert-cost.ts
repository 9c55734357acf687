import { createClickHouse, migrate, type ClickHouse } from '@custom-events/clickhouse'
import { clickhouseHeaders, type ClickHouseEnvironment } from '@custom-events/embedded'
import { createLogger } from '@custom-events/runtime'
import { cpuMicrosOfTree } from '../process-tree.ts'
import { median } from '../quantile.ts'

const MAX_BLOCK_ROWS = 100_000
const BLOCKS = 5
/** The first of the generated events. */
const MONTH = 202511

/** Columns of an INSERT, and what they are when they are read. */
const COLUMNS: Readonly<Record<string, string>> = {
  group_id: 'group_id',
  event: 'event',
  timestamp: 'timestamp',
  event_id: 'event_id',
  user_id: 'user_id',
  anonymous_id: 'anonymous_id',
  set_sent_at: 'sent_at',
  set_received_at: 'received_at',
  properties: 'properties',
  context: 'context',
  extra: 'extra',
  source: 'source',
  kafka_partition: 'kafka_partition',
  version: 'version',
}

/**
 * Microseconds of the engine's CPU per row of a batch as the consumer inserts it, into an empty database with everything
 * that the migrations attach; once without the merges that follow, once with them.
 */
export async function insertCost(options: {
  readonly filled: ClickHouse
  readonly environment: ClickHouseEnvironment
  readonly pid: number
  readonly rounds: number
}): Promise<{ readonly alone: number; readonly withMerges: number }> {
  const { filled, environment, pid, rounds } = options
  const blockRows = Math.min(MAX_BLOCK_ROWS, Math.floor((await rowsOfMonth(filled)) / BLOCKS))
  const blocks: Buffer[] = []
  for (let n = 0; n < BLOCKS; n++)
    blocks.push(await readBlock(filled, environment, { rows: blockRows, from: n * blockRows }))
  const alone: number[] = []
  const withMerges: number[] = []
  for (let round = 0; round < rounds; round++) {
    await using empty = await emptyDatabase(environment, round)
    for (const [seen, isMerging] of [
      [alone, false],
      [withMerges, true],
    ] as const) {
      await empty.command(`SYSTEM ${isMerging ? 'START' : 'STOP'} MERGES events`)
      const before = cpuMicrosOfTree(pid)
      for (const block of blocks)
        await empty.insertNative({ table: 'events', columns: Object.keys(COLUMNS), block })
      if (isMerging) await empty.command('OPTIMIZE TABLE events FINAL')
      seen.push((cpuMicrosOfTree(pid) - before) / (BLOCKS * blockRows))
    }
    await empty.command(`DROP DATABASE ${empty.database}`)
  }
  return { alone: median(alone), withMerges: median(withMerges) }
}

async function rowsOfMonth(clickhouse: ClickHouse): Promise<number> {
  const [row] = await clickhouse.query<{ rows: string }>(
    'SELECT toString(count()) AS rows FROM events WHERE toYYYYMM(timestamp) = {month:UInt32}',
    { month: MONTH },
  )
  return Number(row?.rows)
}

/** As they came from Kafka: neighbours in time, of all accounts. */
async function readBlock(
  { database }: ClickHouse,
  environment: ClickHouseEnvironment,
  { rows, from }: { readonly rows: number; readonly from: number },
): Promise<Buffer> {
  const columns = Object.entries(COLUMNS).map(([name, read]) => `${read} AS ${name}`)
  const sql = `SELECT ${columns.join(', ')} FROM events
    WHERE toYYYYMM(timestamp) = ${MONTH} ORDER BY version LIMIT ${rows} OFFSET ${from} FORMAT Native`
  const response = await fetch(`${environment.CLICKHOUSE_URL}/?database=${database}`, {
    method: 'POST',
    headers: clickhouseHeaders(environment),
    body: sql,
  })
  if (!response.ok) throw new Error(await response.text())
  return Buffer.from(await response.arrayBuffer())
}

async function emptyDatabase(
  environment: ClickHouseEnvironment,
  round: number,
): Promise<ClickHouse> {
  const clickhouse = createClickHouse({
    ...environment,
    CLICKHOUSE_DATABASE: `bench_insert_${round}`,
  })
  await migrate({ clickhouse, log: createLogger({ service: 'bench', level: 'error' }) })
  return clickhouse
}
