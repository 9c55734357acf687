import { classify, ClickHouseFailure } from '@custom-events/clickhouse'
import type { FetchedRecord } from '@custom-events/kafka'
import type { InsertPorts } from './insert-ports.ts'
import type { Route } from '../read/route.ts'
import type { RefusedRecord } from '../dead-letter/refused-record.ts'

/**
 * Halves until the refused rows stand alone, against the probe table, which casts and checks like
 * the table and stores nothing.
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

/** What the probe table says to these records as one block; `null`: it takes them. */
export async function probe(
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
