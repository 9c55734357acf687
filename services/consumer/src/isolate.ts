import { classify, ClickHouseFailure } from '@custom-events/clickhouse'
import type { FetchedRecord } from '@custom-events/kafka'
import type { Refusal } from './dead-letter.ts'
import type { InsertPorts } from './insert.ts'
import { haltFor } from './retry.ts'
import { wayOut } from './poison.ts'
import type { Route } from './route.ts'

/** A record that ClickHouse refuses, and why. */
export interface RefusedRecord {
  readonly record: FetchedRecord
  readonly refusal: Refusal
}

/**
 * Finds the records that ClickHouse refuses and sets them aside, durably.
 * @returns the records that are left to insert.
 * @throws {Abandoned}
 */
export async function isolate(
  ports: InsertPorts,
  job: {
    readonly route: Route
    readonly records: readonly FetchedRecord[]
    readonly error: ClickHouseFailure
    readonly attempt: number
  },
): Promise<readonly FetchedRecord[]> {
  const { route, records, error, attempt } = job
  const halt = (reason: 'row_refused' | 'too_much_poison', message: string): Promise<void> => {
    const cause = new Error(`${route.table}: ${message}: ${error.message}`, { cause: error })
    return ports.persistence.wait(haltFor(reason, attempt, cause))
  }
  if (route.table === 'dead_letters') {
    // Setting it aside would bring it back here, for ever.
    await halt('row_refused', 'a dead letter is refused: is there a constraint or a view of yours?')
    return records
  }
  const refused = await findRefused(ports, route, {
    records,
    isEnough: (found) => isTooMuch(route, found, records),
  })
  if (refused.length === 0) {
    const view = viewIn(error.failure.message)
    const message =
      view === null
        ? `a row is refused that ${route.table}_probe accepts: run \`npm run setup\``
        : `the view ${view} on the table refuses a row that the table takes: correct or drop it`
    await halt('row_refused', message)
    return records
  }
  if (isTooMuch(route, refused, records)) {
    await halt(
      'too_much_poison',
      `at least ${refused.length} of ${records.length} rows are refused, with those of the batches before ` +
        `too many to be bad data. ${wayOut(refused.length)}`,
    )
    return records
  }
  await ports.setAside(route.log, refused)
  const bad = new Set(refused.map(({ record }) => record))
  return records.filter((record) => !bad.has(record))
}

/**
 * Halves until the refused rows stand alone, against a twin of the table that casts and checks the same
 * and stores nothing.
 *
 * @param job.isEnough gives up looking for more.
 * @throws {ClickHouseFailure} that is not about the data: the whole search is repeated later.
 */
export async function findRefused(
  ports: Pick<InsertPorts, 'clickhouse' | 'abandon'>,
  route: Pick<Route, 'table' | 'columns' | 'encode'>,
  job: {
    readonly records: readonly FetchedRecord[]
    readonly isEnough: (refused: readonly RefusedRecord[]) => boolean
  },
): Promise<readonly RefusedRecord[]> {
  const refused: RefusedRecord[] = []
  const search = async (part: readonly FetchedRecord[]): Promise<void> => {
    const [record] = part
    if (record === undefined || job.isEnough(refused)) return
    const failure = await probe(ports, route, part)
    if (failure === null) return
    if (part.length === 1) {
      const code = String(failure.failure.code ?? '')
      refused.push({ record, refusal: { stage: 'insert', code, message: failure.message } })
      return
    }
    const middle = Math.ceil(part.length / 2)
    await search(part.slice(0, middle))
    await search(part.slice(middle))
  }
  await search(job.records)
  return refused
}

/** For the message only: which view ClickHouse was pushing the rows to. */
function viewIn(message: string): string | null {
  return /while pushing to view ([^\s()]+)/i.exec(message)?.[1] ?? null
}

function isTooMuch(
  route: Route,
  refused: readonly RefusedRecord[],
  records: readonly FetchedRecord[],
): boolean {
  return route.poison.isTooMuch({ bad: refused.length, records: records.length })
}

async function probe(
  ports: Pick<InsertPorts, 'clickhouse' | 'abandon'>,
  route: Pick<Route, 'table' | 'columns' | 'encode'>,
  records: readonly FetchedRecord[],
): Promise<ClickHouseFailure | null> {
  const { block } = route.encode(records)
  try {
    await ports.clickhouse.insertNative({
      table: `${route.table}_probe`,
      columns: route.columns,
      block,
      signal: ports.abandon,
    })
    return null
  } catch (error) {
    if (error instanceof ClickHouseFailure && classify(error.failure).class === 'data') return error
    throw error
  }
}
