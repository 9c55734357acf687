import { classify, ClickHouseFailure, type ClickHouse } from '@custom-events/clickhouse'
import type { NativeBlock } from '@custom-events/codec'
import type { FetchedRecord } from '@custom-events/kafka'
import { isolate } from './isolate.ts'
import {
  doubtedRecords,
  missingRecords,
  offsetRanges,
  rangesAhead,
  sameRecords,
  stillInDoubt,
  type Doubt,
  type PresentOffsets,
} from './doubt.ts'
import type { Persistence } from './persist.ts'
import { decide } from './retry.ts'
import type { Route } from './route.ts'
import type { SetAside } from './set-aside.ts'

/** What became of the rows of a batch. */
export interface InsertTally {
  readonly inserted: number
  readonly alreadyThere: number
  readonly refused: number
  /** Partitions of those in doubt where the table may hold rows beyond this batch. */
  readonly inDoubt: ReadonlySet<number>
}

export interface InsertPorts {
  readonly clickhouse: Pick<ClickHouse, 'insertNative' | 'recordsPresent' | 'highestOffsets'>
  readonly setAside: SetAside
  readonly persistence: Persistence
  readonly observe: {
    readonly insertSeconds: (seconds: number) => void
    readonly readBack: (cause: 'assignment' | 'failure') => void
    readonly tooManyParts: () => void
  }
  readonly budget: { add(bytes: number): void; remove(bytes: number): void }
  /** Aborted when even a request that runs must be given up, because nobody waits for it any longer. */
  readonly abandon: AbortSignal
}

interface Insertion {
  readonly route: Route
  readonly records: readonly FetchedRecord[]
  /** These records as a block, when it was made before; `null` otherwise. */
  readonly encoded: NativeBlock | null
  /** What to ask ClickHouse about first, and what put it in doubt. */
  readonly inDoubt: Doubt
  readonly cause: 'assignment' | 'failure'
}

/**
 * Makes sure that every record is in the table, or set aside. Resolves only when that is so.
 * After any failed attempt the table is asked first: a block over several months is not atomic, and an
 * answer can be lost when the work was done.
 *
 * @throws {Abandoned} when the partitions are taken away or the service stops before it is done.
 */
export async function insertRecords(ports: InsertPorts, job: Insertion): Promise<InsertTally> {
  let { records, encoded, inDoubt, cause } = job
  let refused = 0
  let refusal: ClickHouseFailure | null = null
  for (let attempt = 0; ; attempt++) {
    try {
      if (refusal !== null) {
        const rest = await isolate(ports, { route: job.route, records, error: refusal, attempt })
        refused += records.length - rest.length
        records = rest
        encoded = null
        refusal = null
      }
      encoded ??= job.route.encode(records)
      const done = await insertOnce(ports, { ...job, records, encoded, inDoubt, cause })
      ports.persistence.recovered()
      return { ...done, refused }
    } catch (error) {
      if (!(error instanceof ClickHouseFailure)) throw error
      inDoubt = doubtAll(records, inDoubt)
      cause = 'failure'
      const verdict = classify(error.failure)
      if (verdict.adjustment === 'longerAge') ports.observe.tooManyParts()
      const decision = decide(verdict, { attempt, rows: records.length })
      if (decision.action === 'split') {
        ports.persistence.counted({ reason: decision.reason, error })
        const halves = await insertHalves(ports, { ...job, records, inDoubt, cause })
        return { ...halves, refused: refused + halves.refused }
      }
      if (decision.action === 'isolate') {
        ports.persistence.counted({ reason: decision.reason, error })
        refusal = error
      } else await ports.persistence.wait({ ...decision, error })
    }
  }
}

async function insertOnce(
  ports: InsertPorts,
  job: Insertion & { readonly encoded: NativeBlock },
): Promise<Omit<InsertTally, 'refused'>> {
  const { route, records, encoded } = job
  const found = await readBack(ports, job)
  const { present } = found
  const missing = present.size === 0 ? records : missingRecords(records, present)
  const { block } = missing.length === records.length ? encoded : route.encode(missing)
  if (missing.length > 0) await insertBlock(ports, route, block)
  return {
    inserted: missing.length,
    alreadyThere: records.length - missing.length,
    inDoubt: stillInDoubt(records, found, job.inDoubt),
  }
}

/**
 * Rows ahead of a batch are hardly older than its oldest: the clocks of ingest instances may be a day apart. If
 * one is older still, its copy collapses by identity.
 */
const CLOCKS_APART_MS = 2 * 86_400_000
/** The end of what a DateTime64(3) holds. */
const LAST_MS = Date.UTC(2299, 11, 31)

interface Found {
  readonly present: PresentOffsets
  /** The highest offset at or ahead of the last record, where there is one. */
  readonly ahead: ReadonlyMap<number, number>
}

/**
 * Which of the doubted records the table has, and how far ahead it has any. The same place is in every log,
 * and in one log twice where Kafka was restored: a row counts only if it is the very record.
 */
async function readBack(
  { clickhouse, observe, abandon }: InsertPorts,
  { route, records, inDoubt, cause, encoded }: Insertion & { readonly encoded: NativeBlock },
): Promise<Found> {
  const doubted = doubtedRecords(records, inDoubt)
  if (doubted.length === 0) return { present: new Map(), ahead: new Map() }
  observe.readBack(cause)
  const { table, timeColumn } = route
  const { time } = encoded
  const { generation } = route.log
  const about = { table, generation, timeColumn, signal: abandon }
  const ranges = offsetRanges(doubted)
  const { identity } = route
  const found = await clickhouse.recordsPresent({ ...about, identity, ranges, time })
  const present = sameRecords(doubted, found, (record) => route.identityOf(record))
  const ahead = rangesAhead(doubted, inDoubt)
  if (ahead.length === 0) return { present, ahead: new Map() }
  const around = { minMs: time.minMs - CLOCKS_APART_MS, maxMs: LAST_MS }
  return {
    present,
    ahead: await clickhouse.highestOffsets({ ...about, ranges: ahead, time: around }),
  }
}

/** Every partition of these records; those in doubt before as far as they were. */
function doubtAll(records: readonly FetchedRecord[], before: Doubt): Doubt {
  const doubt = new Map(before)
  for (const partition of partitionsOf(records)) if (!doubt.has(partition)) doubt.set(partition, 0)
  return doubt
}

async function insertBlock(ports: InsertPorts, route: Route, block: Buffer): Promise<void> {
  const { table, columns } = route
  ports.budget.add(block.length)
  const startedMs = performance.now()
  try {
    await ports.clickhouse.insertNative({ table, columns, block, signal: ports.abandon })
  } finally {
    ports.observe.insertSeconds((performance.now() - startedMs) / 1_000)
    ports.budget.remove(block.length)
  }
}

async function insertHalves(ports: InsertPorts, job: Insertion): Promise<InsertTally> {
  const middle = Math.ceil(job.records.length / 2)
  const insertHalf = (records: readonly FetchedRecord[]): Promise<InsertTally> => {
    const partitions = partitionsOf(records)
    const inDoubt = new Map([...job.inDoubt].filter(([partition]) => partitions.has(partition)))
    return insertRecords(ports, { ...job, records, inDoubt, encoded: null })
  }
  const first = await insertHalf(job.records.slice(0, middle))
  const second = await insertHalf(job.records.slice(middle))
  const notAsked = new Set(job.inDoubt.keys()).difference(partitionsOf(job.records))
  return {
    inserted: first.inserted + second.inserted,
    alreadyThere: first.alreadyThere + second.alreadyThere,
    refused: first.refused + second.refused,
    inDoubt: notAsked.union(first.inDoubt).union(second.inDoubt),
  }
}

function partitionsOf(records: readonly FetchedRecord[]): ReadonlySet<number> {
  return new Set(records.map(({ partition }) => partition))
}
