import { classify, ClickHouseFailure, type ViewOnTable } from '@custom-events/clickhouse'
import type { FetchedRecord } from '@custom-events/kafka'
import type { InsertPorts } from './insert-ports.ts'
import { findRefused, probe } from './isolate.ts'
import { wayOut } from '../dead-letter/poison.ts'
import { haltFor, type RetryReason } from './retry.ts'
import type { Route } from '../read/route.ts'

/** What was found out about a refused block. */
export interface Examined {
  /** Still to be inserted. */
  readonly rest: readonly FetchedRecord[]
  /** It is a view that refuses something of it: the halves are tried apart, so that the others pass. */
  readonly isNarrowed: boolean
}

/**
 * Finds out what ClickHouse refuses, after a failure that waiting does not cure. Records that the table
 * refuses are set aside, durably. What only a view on the table refuses is narrowed down to single records,
 * because each failed attempt leaves its rows in the table: so little is repeated, and all others go on.
 * Whatever else it is, a person is waited for.
 *
 * @throws {Abandoned} @throws {ClickHouseFailure} when it cannot be found out now.
 */
export async function examine(
  ports: InsertPorts,
  job: {
    readonly route: Route
    readonly records: readonly FetchedRecord[]
    readonly error: ClickHouseFailure
    readonly attempt: number
  },
): Promise<Examined> {
  const { route, records, error, attempt } = job
  const { table } = route
  const verdict = classify(error.failure)
  const halt = async (reason: RetryReason, message: string): Promise<Examined> => {
    const cause = new Error(`${table}: ${message}: ${error.message}`, { cause: error })
    await ports.retryLoop.wait(haltFor(reason, attempt, cause))
    return { rest: records, isNarrowed: false }
  }
  if (verdict.class === 'data') {
    ports.retryLoop.counted({ reason: verdict.reason, error })
    // Setting it aside would bring it back here, for ever.
    if (table === 'dead_letters') {
      const question = 'is there a constraint or a view of yours?'
      return halt('row_refused', `a dead letter is refused: ${question}`)
    }
    const { poison } = route
    const isEnough = (found: readonly unknown[]): boolean => poison.isTooMuch(found.length)
    const refused = await findRefused(ports, route, { records, isEnough })
    if (refused.length > 0 && isEnough(refused)) {
      return halt('too_much_poison', tooMuch(poison.ofBatch, refused.length, records.length))
    }
    if (refused.length > 0) {
      await ports.setAside(route.log, refused)
      poison.setAside(refused.length)
      const bad = new Set(refused.map(({ record }) => record))
      return { rest: records.filter((record) => !bad.has(record)), isNarrowed: false }
    }
  }
  const views = await ports.clickhouse.viewsOn(table)
  const isView =
    views.length > 0 && (verdict.class === 'data' || (await isAccepted(ports, route, records)))
  if (isView && records.length > 1) {
    ports.retryLoop.counted({ reason: verdict.reason, error })
    return { rest: records, isNarrowed: true }
  }
  if (isView) return halt(verdict.reason, viewRefuses(route, records, { error, views }))
  if (verdict.class !== 'data') {
    await ports.retryLoop.wait(haltFor(verdict.reason, attempt, error))
    return { rest: records, isNarrowed: false }
  }
  return halt('row_refused', `a row is refused that ${table}_probe accepts: run \`npm run setup\``)
}

/** By the probe table, which has the columns, casts and checks of the table, and no views. */
async function isAccepted(
  ports: InsertPorts,
  route: Route,
  records: readonly FetchedRecord[],
): Promise<boolean> {
  try {
    return (await probe(ports, route, records)) === null
  } catch (error) {
    if (error instanceof ClickHouseFailure) return false
    throw error
  }
}

function tooMuch(before: number, refused: number, of: number): string {
  const others =
    before === 0 ? '' : `, beside ${before} records of the same batch that were set aside`
  return (
    `at least ${refused} of ${of} rows are refused${others}, with those of the batches before too many to be ` +
    `bad data. ${wayOut(before + refused)}`
  )
}

/** ClickHouse's text is looked at only to tell people where to look. */
function viewRefuses(
  { log }: Route,
  [record]: readonly FetchedRecord[],
  { error, views }: { readonly error: ClickHouseFailure; readonly views: readonly ViewOnTable[] },
): string {
  const named = /while pushing to view ([^\s()]+?)[.,]?(?:[\s(]|$)/i.exec(
    error.failure.message,
  )?.[1]
  const all = views.map(({ database, name }) => `${database}.${name}`).join(', ')
  return (
    `the record ${log.topic}/${record?.partition}@${record?.offset} is refused by ` +
    `${named === undefined ? `one of the views on the table (${all})` : `the view ${named}`}, which every ` +
    'insert also fills: mend it or detach it, and this goes on by itself'
  )
}
