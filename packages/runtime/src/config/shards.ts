interface Problem {
  readonly variable: string
  readonly value: string | undefined
  readonly rule: string
}

type Values = Readonly<Record<string, unknown>>

/** More than anybody has; each is a consumer group and, at least, a consumer. */
export const MAX_SHARDS = 64

/** What `clickhouseVariables` say of where ClickHouse is. */
interface ShardAddresses {
  readonly CLICKHOUSE_URL: string
  readonly CLICKHOUSE_SHARD_URLS?: readonly string[]
}

/** The address of every shard, in their order; one where events are not spread. */
export function shardUrls(values: ShardAddresses): readonly [string, ...string[]] {
  const [first = values.CLICKHOUSE_URL, ...others] = values.CLICKHOUSE_SHARD_URLS ?? []
  return [first, ...others]
}

/**
 * The same configuration for one of the shards: only the address differs.
 *
 * @param shard from 1 @throws {RangeError} when there is none.
 */
export function atShard<V extends ShardAddresses>(values: V, shard: number): V {
  const all = shardUrls(values)
  const found = all[shard - 1]
  if (found === undefined) throw new RangeError(`shard ${shard} of ${all.length}`)
  return { ...values, CLICKHOUSE_URL: found }
}

/**
 * What is allowed by itself and would lose accounts between the shards: partitions that do not divide by them, a consumer
 * of none of them, two counts of them.
 *
 * @param values of the variables that the program reads
 * @param given what the environment has, also of other programs
 */
export function shardProblems(
  values: Values,
  given: Readonly<Record<string, string>>,
): readonly Problem[] {
  const counted = countIn(values)
  if (counted === null) return []
  return [
    ...partitionsApart(counted, values['KAFKA_PARTITIONS']),
    ...servedProblems(counted.shards, values['CLICKHOUSE_SHARD']),
    ...twoCounts(counted, given),
  ]
}

interface Counted {
  readonly shards: number
  readonly by: 'CLICKHOUSE_SHARD_URLS' | 'CLICKHOUSE_SHARDS'
}

function countIn(values: Values): Counted | null {
  const { CLICKHOUSE_SHARD_URLS: urls, CLICKHOUSE_SHARDS: shards } = values
  if (Array.isArray(urls)) {
    return { shards: Math.max(1, urls.length), by: 'CLICKHOUSE_SHARD_URLS' }
  }
  return typeof shards === 'number' ? { shards, by: 'CLICKHOUSE_SHARDS' } : null
}

/** The shard of an account is its hash modulo the shards only where those divide the partitions. */
function partitionsApart({ shards, by }: Counted, partitions: unknown): readonly Problem[] {
  if (typeof partitions !== 'number' || partitions % shards === 0) return []
  const said = by === 'CLICKHOUSE_SHARDS' ? `CLICKHOUSE_SHARDS (${shards})` : `the ${shards} shards`
  const rule = `a multiple of ${said}, so that each account stays on one`
  return [{ variable: 'KAFKA_PARTITIONS', value: String(partitions), rule }]
}

function servedProblems(shards: number, served: unknown): readonly Problem[] {
  if (typeof served !== 'string') return []
  const variable = 'CLICKHOUSE_SHARD'
  if (served === '' && shards > 1) {
    const rule = `required: from 1 to ${shards}, which of CLICKHOUSE_SHARD_URLS this consumer serves`
    return [{ variable, value: undefined, rule }]
  }
  if (Number(served) <= shards) return []
  const rule = `from 1 to ${shards}: CLICKHOUSE_SHARD_URLS names ${shards === 1 ? 'no others' : 'so many'}`
  return [{ variable, value: served, rule }]
}

/** One file of variables may serve all programs: then both are in it. */
function twoCounts({ shards, by }: Counted, given: Readonly<Record<string, string>>): Problem[] {
  const { CLICKHOUSE_SHARD_URLS: urls, CLICKHOUSE_SHARDS: count } = given
  if (urls === undefined || (count === undefined && by === 'CLICKHOUSE_SHARD_URLS')) return []
  const named = urls.split(',').length
  const said = count ?? String(shards)
  if (Number(said) === named) return []
  const rule = `${named}, as CLICKHOUSE_SHARD_URLS names so many`
  return [{ variable: 'CLICKHOUSE_SHARDS', value: count, rule }]
}
