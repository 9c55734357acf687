import { clickhouseHeaders, type ClickHouseEnvironment } from '@custom-events/embedded'

/** Rows of a query, as lists of texts. */
export type Ask = (sql: string) => Promise<readonly (readonly string[])[]>

const TIMEOUT_MS = 20_000

/** Asks in one database. Both throw with what ClickHouse says. */
export function createClickHouseQuestions(server: ClickHouseEnvironment, database: string) {
  const request = async (sql: string, from: string): Promise<string> => {
    const response = await fetch(`${server.CLICKHOUSE_URL}/?database=${from}`, {
      method: 'POST',
      headers: clickhouseHeaders(server),
      body: sql,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`ClickHouse answered ${response.status}: ${text}`)
    return text
  }
  const ask: Ask = async (sql) => {
    const text = await request(`${sql} FORMAT TSVRaw`, database)
    return text.split('\n').flatMap((line) => (line === '' ? [] : [line.split('\t')]))
  }
  return { ask, execute: async (sql: string) => void (await request(sql, database)) }
}
