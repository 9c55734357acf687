import { shardOfPartition } from '@custom-events/kafka'
import { breaches, type Check } from './checks.ts'
import type { Questions } from './questions.ts'

/** How many rows of a table lie on a shard, of one partition of Kafka. */
export interface RowsOfPartition {
  readonly table: string
  readonly partition: number
  readonly rows: number
  readonly shard: number
}

/** Each row belongs on the shard that owns the partition in which its record lies. */
export function checkPlaces(found: readonly RowsOfPartition[], shards: number): Check {
  const total = found.reduce((sum, { rows }) => sum + rows, 0)
  const onShards = new Set(found.map(({ shard }) => shard))
  const strangers = found.filter(({ partition, shard }) => shardOfPartition(partition, shards) !== shard) // prettier-ignore
  const strange = strangers.reduce((sum, { rows }) => sum + rows, 0)
  const broken = breaches(
    'shards',
    () =>
      `${strange} of ${total} rows on a shard that does not own their partition; ${onShards.size} of ${shards} shards have some`,
  )
  for (const { table, partition, rows, shard } of strangers) {
    const owner = shardOfPartition(partition, shards)
    broken.add(`${rows} rows of ${table}, partition ${partition}, on shard ${shard}: it is of shard ${owner}`) // prettier-ignore
  }
  if (onShards.size < shards) broken.add('a shard has no row at all: nothing was spread')
  return broken.check()
}

/** How many events lie on a shard that is not that of their account, by ClickHouse's own hash; of `shards`, none may. */
export function strangersSql(shard: number, shards: number): string {
  return `SELECT count() FROM events WHERE kafkaMurmurHash(group_id) % ${shards} + 1 != ${shard}`
}

/**
 * What shards are for: an account is on one of them, by its id alone. ClickHouse is asked, in its own words, and of no partition:
 * a product that reckons partitions and shards wrongly, but alike, is found by this only.
 */
export async function checkAccounts({
  questions,
}: {
  readonly questions: Pick<Questions, 'ask' | 'shards'>
}): Promise<Check> {
  const { shards } = questions
  let strange = 0
  const broken = breaches(
    'accounts on shards',
    () => `${strange} rows of events on a shard that is not that of their account`,
  )
  for (let shard = 1; shard <= shards; shard++) {
    const [[count = ''] = []] = await questions.ask(strangersSql(shard, shards), shard)
    if (count === '0') continue
    strange += Number(count)
    broken.add(`${count} rows of events on shard ${shard} are of accounts of others`)
  }
  return broken.check()
}

const TABLES = ['events', 'rejected_events', 'dead_letters']

/** Looks at every row that any shard has, also at those that newer ones hide. */
export async function checkShards({
  questions,
}: {
  readonly questions: Questions
}): Promise<Check> {
  const counts = TABLES.map(
    (table) => `SELECT '${table}', kafka_partition, count() FROM ${table} GROUP BY kafka_partition`,
  )
  const answers = await questions.askEach(counts.join(' UNION ALL '))
  const found = answers.flatMap((rows, index) =>
    rows.map(([table = '', partition, count]) => ({
      table,
      partition: Number(partition),
      rows: Number(count),
      shard: index + 1,
    })),
  )
  return checkPlaces(found, questions.shards)
}
