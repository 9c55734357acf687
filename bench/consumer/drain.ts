import { setTimeout as delay } from 'node:timers/promises'
import type { ClickHouse } from '@custom-events/clickhouse'
import { cpuSeconds } from '../cpu-time.ts'
import { memoryBytes } from '../memory.ts'

export interface Drained {
  /** From the first rows to nine tenths of them: without the start and without the last, partial block. */
  readonly rowsPerSecond: number
  /** CPU from the first rows until the last merge has ended, by the rows that came meanwhile. */
  readonly microsecondsPerRow: Readonly<Record<Role | 'all', number>>
  /** The most that all processes of the consumer held, in 10^6 bytes. */
  readonly consumerMegabytes: number
  readonly seconds: number
}

type Role = 'consumer' | 'clickhouse' | 'kafka'

const LOOK_EVERY_MS = 100
const SAY_EVERY_MS = 5_000
const STALLED_AFTER_MS = 60_000
const MERGES_LIMIT_MS = 30_000

/**
 * Watches the table `events`, of all ClickHouses together, until it has all records.
 * @throws when nothing comes for a minute, or when a record is missing or there twice.
 */
export async function drain(options: {
  readonly name: string
  /** One, or each shard. */
  readonly clickhouses: readonly ClickHouse[]
  readonly records: number
  readonly pids: Readonly<Record<Role, readonly number[]>>
  readonly onProgress: (line: string) => void
}): Promise<Drained> {
  const { name, clickhouses, records, pids, onProgress } = options
  const look = async (): Promise<Look> => ({
    rows: await sumOf(clickhouses, 'SELECT count() AS n FROM events'),
    atMs: performance.now(),
    cpu: cpuByRole(pids),
  })
  const begin = await look()
  let first: Look | null = null
  let most: Look | null = null
  let last = begin
  let memory = 0
  for (let changedAtMs = last.atMs, saidAtMs = last.atMs; last.rows < records;) {
    await delay(LOOK_EVERY_MS)
    const now = await look()
    const held = pids.consumer.reduce((sum, pid) => sum + memoryBytes(pid), 0)
    memory = Math.max(memory, held)
    if (now.rows > last.rows) changedAtMs = now.atMs
    if (now.rows > 0) first ??= now
    if (now.rows >= records * 0.9) most ??= now
    if (now.atMs - saidAtMs > SAY_EVERY_MS) {
      onProgress(`${name}: ${now.rows} of ${records} rows, consumer ${Math.round(held / 1e6)} MB`)
      saidAtMs = now.atMs
    }
    if (now.atMs - changedAtMs > STALLED_AFTER_MS) {
      throw new Error(`${name}: no row for a minute, ${now.rows} of ${records} are there`)
    }
    last = now
  }
  await mergesEnd(clickhouses)
  const end = await look()
  await checkRows(name, clickhouses, records)
  // So few records that they came at once are counted with the start of the consumer.
  const from = first === null || first.rows >= records * 0.9 ? begin : first
  const until = most ?? last
  const rows = end.rows - from.rows
  const used = (role: Role): number => ((end.cpu[role] - from.cpu[role]) / rows) * 1e6
  const [consumer, clickhouseCpu, kafka] = [used('consumer'), used('clickhouse'), used('kafka')]
  return {
    rowsPerSecond: (until.rows - from.rows) / ((until.atMs - from.atMs) / 1_000),
    microsecondsPerRow: {
      consumer,
      clickhouse: clickhouseCpu,
      kafka,
      all: consumer + clickhouseCpu + kafka,
    },
    consumerMegabytes: memory / 1e6,
    seconds: (last.atMs - from.atMs) / 1_000,
  }
}

interface Look {
  readonly rows: number
  readonly atMs: number
  readonly cpu: Readonly<Record<Role, number>>
}

function cpuByRole(pids: Readonly<Record<Role, readonly number[]>>): Look['cpu'] {
  const sum = (of: readonly number[]): number =>
    of.reduce((total, pid) => total + cpuSeconds(pid), 0)
  return { consumer: sum(pids.consumer), clickhouse: sum(pids.clickhouse), kafka: sum(pids.kafka) }
}

async function sumOf(clickhouses: readonly ClickHouse[], sql: string): Promise<number> {
  const answers = await Promise.all(clickhouses.map((each) => each.query<{ n: string }>(sql)))
  return answers.reduce((sum, [row]) => sum + Number(row?.n), 0)
}

async function mergesEnd(clickhouses: readonly ClickHouse[]): Promise<void> {
  const deadline = performance.now() + MERGES_LIMIT_MS
  for (let quiet = 0; quiet < 3 && performance.now() < deadline;) {
    await delay(LOOK_EVERY_MS * 3)
    const merges = await sumOf(clickhouses, 'SELECT count() AS n FROM system.merges')
    quiet = merges === 0 ? quiet + 1 : 0
  }
}

/** A partition is on one ClickHouse, so what is once on each is there once. */
async function checkRows(
  name: string,
  clickhouses: readonly ClickHouse[],
  records: number,
): Promise<void> {
  const found = await Promise.all(
    clickhouses.map(async (clickhouse) => {
      const [row] = await clickhouse.query<Found>(
        `SELECT count() AS n, uniqExact(event_id) AS ids, uniqExact(kafka_partition, version) AS offsets,
                groupUniqArray(kafka_partition) AS partitions FROM events`,
      )
      return row
    }),
  )
  const sum = (of: 'n' | 'ids' | 'offsets'): number =>
    found.reduce((total, row) => total + Number(row?.[of]), 0)
  const partitions = found.flatMap((row) => row?.partitions ?? [])
  const isRight =
    [sum('n'), sum('ids'), sum('offsets')].every((each) => each === records) &&
    new Set(partitions).size === partitions.length
  if (!isRight) {
    throw new Error(`${name}: expected ${records} rows, each once, got ${JSON.stringify(found)}`)
  }
}

interface Found {
  readonly n: string
  readonly ids: string
  readonly offsets: string
  readonly partitions: readonly number[]
}
