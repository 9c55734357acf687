import type { ClickHouse } from '@custom-events/clickhouse'
import {
  parametersOf,
  whereOf,
  type ExportSource,
  type Subject,
  type TimeRange,
} from './sources.ts'

/** A range of time whose rows become one file. */
export interface Slice extends TimeRange {
  /** When it was planned. */
  readonly rows: number
}

/** Rows of one stretch of time. */
export interface Bucket {
  readonly startMs: number
  readonly rows: number
  readonly bytes: number
}

/** A day, an hour, a minute, a second, a millisecond: no two events of an account can be told apart further. */
const STEPS_MS = [86_400_000, 3_600_000, 60_000, 1_000, 1]

/**
 * Cuts a range so that no slice has more than `maxBytes` of text, unless a single millisecond has. Slices without rows are
 * left out.
 * @throws {ClickHouseFailure}
 */
export async function planSlices(
  count: (range: TimeRange, stepMs: number) => Promise<readonly Bucket[]>,
  range: TimeRange,
  maxBytes: number,
  steps: readonly number[] = STEPS_MS,
): Promise<readonly Slice[]> {
  const [stepMs = 1, ...finer] = steps
  const slices: Slice[] = []
  let open: Bucket[] = []
  const close = (): void => {
    const [first, last] = [open[0], open.at(-1)]
    if (first !== undefined && last !== undefined) {
      const rows = open.reduce((sum, bucket) => sum + bucket.rows, 0)
      slices.push({ ...within(range, first.startMs, last.startMs + stepMs), rows })
    }
    open = []
  }
  let openBytes = 0
  for (const bucket of await count(range, stepMs)) {
    if (openBytes + bucket.bytes > maxBytes) {
      close()
      openBytes = 0
    }
    if (bucket.bytes > maxBytes && finer.length > 0) {
      const inside = within(range, bucket.startMs, bucket.startMs + stepMs)
      slices.push(...(await planSlices(count, inside, maxBytes, finer)))
      continue
    }
    open.push(bucket)
    openBytes += bucket.bytes
  }
  close()
  return slices
}

function within(range: TimeRange, fromMs: number, toMs: number): TimeRange {
  return { fromMs: Math.max(range.fromMs, fromMs), toMs: Math.min(range.toMs, toMs) }
}

/** Counts the rows of a source by stretches of time. */
export function bucketsOf(clickhouse: ClickHouse, source: ExportSource, subject: Subject) {
  const ms = `toUnixTimestamp64Milli(${source.time})`
  return async (range: TimeRange, stepMs: number): Promise<readonly Bucket[]> => {
    const rows = await clickhouse.query<Record<keyof Bucket, string>>(
      `SELECT ${ms} - positiveModulo(${ms}, {step:Int64}) AS startMs, count() AS rows, sum(${source.bytes}) AS bytes
       FROM ${source.from} ${whereOf(source, subject)} GROUP BY startMs ORDER BY startMs`,
      { ...parametersOf(subject, range), step: stepMs },
    )
    return rows.map(({ startMs, rows: count, bytes }) => ({
      startMs: Number(startMs),
      rows: Number(count),
      bytes: Number(bytes),
    }))
  }
}

/** How many rows a range has now. @throws {ClickHouseFailure} */
export async function countRows(
  clickhouse: ClickHouse,
  source: ExportSource,
  { subject, range }: { readonly subject: Subject; readonly range: TimeRange },
): Promise<number> {
  const [row] = await clickhouse.query<{ readonly rows: string }>(
    `SELECT count() AS rows FROM ${source.from} ${whereOf(source, subject)}`,
    parametersOf(subject, range),
  )
  return Number(row?.rows ?? 0)
}
