import { setTimeout as delay } from 'node:timers/promises'
import type { ClickHouse } from '@custom-events/clickhouse'

/** A retry of an event of long ago, every so often: the month that it lies in is no longer one part. */
export function trickle(
  clickhouse: ClickHouse,
  { everyMs, months }: { readonly everyMs: number; readonly months: readonly string[] },
): AsyncDisposable & { readonly inserted: () => number } {
  let inserted = 0
  const stopping = new AbortController()
  const { signal } = stopping
  const run = async (): Promise<void> => {
    while (!signal.aborted) {
      await insertLate(clickhouse, months[inserted % months.length])
      inserted++
      await delay(everyMs, undefined, { signal }).catch(() => {})
    }
  }
  const running = run()
  return {
    inserted: () => inserted,
    [Symbol.asyncDispose]: () => {
      stopping.abort()
      return running
    },
  }
}

async function insertLate(clickhouse: ClickHouse, month: string | undefined): Promise<void> {
  await clickhouse.command(
    `INSERT INTO events (group_id, event, timestamp, event_id, user_id, anonymous_id, set_sent_at, set_received_at,
       properties, context, extra, source, kafka_partition, version)
     SELECT group_id, event, timestamp, event_id, user_id, anonymous_id, sent_at, received_at,
       properties, context, extra, source, kafka_partition, version + 1
     FROM events WHERE toYYYYMM(timestamp) = {month:UInt32} LIMIT 1`,
    { month },
  )
}
