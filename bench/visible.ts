import { setTimeout as delay } from 'node:timers/promises'
import { clickhouseHeaders, type ClickHouseEnvironment } from '@custom-events/embedded'

const POLL_MS = 50
const DRAIN_LIMIT_MS = 30_000
const ANSWER_LIMIT_MS = 30_000

/** What is known of one event that was accepted. */
export interface Sent {
  readonly acceptedAt: number
  /** When a query first returned it: an upper bound, exact to the polling interval. */
  queryableAt: number | null
}

export type Row = Readonly<Record<string, unknown>>

/** Asks a ClickHouse. */
export function createAsk(server: ClickHouseEnvironment): (sql: string) => Promise<readonly Row[]> {
  return async (sql) => {
    const signal = AbortSignal.timeout(ANSWER_LIMIT_MS)
    const response = await fetch(server.CLICKHOUSE_URL, {
      method: 'POST',
      headers: clickhouseHeaders(server),
      body: `${sql} FORMAT JSONEachRow`,
      signal,
    })
    const text = await response.text()
    if (!response.ok) throw new Error(text)
    return text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Row) // JSONEachRow: one object a line
  }
}

/**
 * Asks again and again for the rows that came and notes when each event was first seen.
 *
 * @param where narrows what is asked for to what was sent.
 * @returns what ends it. @throws then, when a question failed.
 */
export function watchRows(
  ask: ReturnType<typeof createAsk>,
  sent: ReadonlyMap<string, Sent>,
  where: string,
): () => Promise<void> {
  const watching = new AbortController()
  const watched = Promise.allSettled([lookAgainAndAgain(ask, sent, where, watching.signal)])
  return async () => {
    watching.abort()
    const [outcome] = await watched
    if (outcome.status === 'rejected') throw outcome.reason
  }
}

async function lookAgainAndAgain(
  ask: ReturnType<typeof createAsk>,
  sent: ReadonlyMap<string, Sent>,
  where: string,
  signal: AbortSignal,
): Promise<void> {
  const early = new Set<string>()
  let since = '1970-01-01 00:00:00.000'
  while (!signal.aborted) {
    // Two seconds of overlap: rows of one insert become visible after their inserted_at.
    const rows = await ask(
      `SELECT event_id, toString(max(inserted_at) OVER ()) AS latest FROM custom_events.events
        WHERE ${where} AND inserted_at >= toDateTime64('${since}', 3, 'UTC') - INTERVAL 2 SECOND`,
    )
    const seenAt = performance.now()
    for (const row of rows) {
      const id = String(row['event_id'])
      const event = sent.get(id)
      if (event === undefined)
        early.add(id) // queryable before its answer was read
      else event.queryableAt ??= seenAt
      since = String(row['latest'])
    }
    for (const id of early) {
      const event = sent.get(id)
      if (event === undefined) continue
      event.queryableAt ??= event.acceptedAt
      early.delete(id)
    }
    await delay(POLL_MS)
  }
}

/** Waits for the last events. @returns how many never became queryable. */
export async function drained(sent: ReadonlyMap<string, Sent>): Promise<number> {
  const deadline = Date.now() + DRAIN_LIMIT_MS
  const missing = () => [...sent.values()].filter(({ queryableAt }) => queryableAt === null).length
  while (missing() > 0 && Date.now() < deadline) await delay(100)
  return missing()
}

/** From the answer to the first query that returned the event, in milliseconds. */
export function delaysOf(sent: ReadonlyMap<string, Sent>): readonly number[] {
  return [...sent.values()].flatMap(({ acceptedAt, queryableAt }) =>
    queryableAt === null ? [] : [queryableAt - acceptedAt],
  )
}
