import type { ClickHouse } from '../client/clickhouse.ts'
import { ClickHouseFailure } from '../errors/failure.ts'
import { typedValue, type HotProperty } from '../migrations/hot-properties.ts'

/** What reading a property from the JSON costs, beside reading a column. */
export interface Sample {
  /** The type of the column: LowCardinality for a text that has few values. */
  readonly type: string
  /** Share of the time that reading a column would save, 0 to 1. */
  readonly share: number
  /** Of reading it from the JSON, in one thread. */
  readonly microsecondsPerRow: number
}

/** Enough to be measured beside the time of a request. */
const MIN_ROWS = 10_000
const MAX_ROWS = 200_000
const RUNS = 3
/** A dictionary of more is no gain. */
const MAX_VALUES = 5_000

/** @returns `null` with too few events to measure, or where ClickHouse refuses to. @throws {ClickHouseFailure} */
export async function measure(
  clickhouse: ClickHouse,
  { property, type }: Pick<HotProperty, 'property' | 'type'>,
): Promise<Sample | null> {
  const ask = async (value: string): Promise<Answer> => {
    const startedAt = performance.now()
    const [row] = await clickhouse.query<Omit<Answer, 'ms'>>(
      `SELECT toUInt32(count()) AS rows, toUInt32(count(value)) AS present, toUInt32(uniq(value)) AS distinct
       FROM (SELECT ${value} AS value FROM events LIMIT ${MAX_ROWS}) SETTINGS max_threads = 1`,
    )
    const ms = performance.now() - startedAt
    return { rows: row?.rows ?? 0, present: row?.present ?? 0, distinct: row?.distinct ?? 0, ms }
  }
  const asColumn = await fastest(() => ask('user_id'))
  const asJson = await fastest(() => ask(typedValue({ property, type }))).catch(refusedToNull)
  if (asJson === null || asJson.rows < MIN_ROWS) return null
  const { rows, present, distinct } = asJson
  const hasFew =
    type === 'String' && present >= 1_000 && distinct <= Math.min(MAX_VALUES, present / 20)
  return {
    type: hasFew ? 'LowCardinality(String)' : type,
    share: Math.max(0, 1 - asColumn.ms / asJson.ms),
    microsecondsPerRow: Math.max(0, (1_000 * (asJson.ms - asColumn.ms)) / rows),
  }
}

interface Answer {
  readonly rows: number
  /** Rows that have a value of the type. */
  readonly present: number
  readonly distinct: number
  readonly ms: number
}

/** One property that is refused by its name must not hide the others. @throws what is no refusal */
function refusedToNull(error: unknown): null {
  if (error instanceof ClickHouseFailure && error.failure.code !== null) return null
  throw error
}

/** What else the server does makes a run slower, never faster. */
async function fastest(run: () => Promise<Answer>): Promise<Answer> {
  let best = await run()
  for (let again = 1; again < RUNS; again += 1) {
    const next = await run()
    if (next.ms < best.ms) best = next
  }
  return best
}
