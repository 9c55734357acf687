import type { ClickHouse } from '@custom-events/clickhouse'

interface Moments {
  readonly as_of: string
  readonly complete_until: string | null
}

/** When it began, and until when the data was complete then; of one partition unknown is of all unknown. */
export async function momentsOf(clickhouse: ClickHouse, topic: string): Promise<Moments> {
  const [row] = await clickhouse.query<{ readonly now: string; readonly until: string | null }>(
    `SELECT toString(toUnixTimestamp64Milli(now64(3))) AS now,
       (SELECT if(countIf(complete_until IS NULL) > 0, NULL, toString(toUnixTimestamp64Milli(min(complete_until))))
        FROM complete_until WHERE topic = {topic:String}) AS until`,
    { topic },
  )
  if (row === undefined) throw new Error('ClickHouse did not tell the time')
  const isKnown = row.until !== null && Number(row.until) > 0
  return {
    as_of: new Date(Number(row.now)).toISOString(),
    complete_until: isKnown ? new Date(Number(row.until)).toISOString() : null,
  }
}

/** Of all shards what is true of each; unknown of one is unknown of all. */
export function earliestOf(moments: readonly Moments[]): Moments {
  const until = moments.map((each) => each.complete_until)
  const known = until.filter((each) => each !== null)
  return {
    as_of: moments.map((each) => each.as_of).toSorted()[0] ?? '',
    complete_until: known.length < until.length ? null : (known.toSorted()[0] ?? null),
  }
}
