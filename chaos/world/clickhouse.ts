/** Rows of a query, as lists of texts. */
export type Ask = (sql: string) => Promise<readonly (readonly string[])[]>

const TIMEOUT_MS = 20_000

/** Asks in one database. Both throw with what ClickHouse says. */
export function createClickHouseQuestions(url: string, database: string) {
  const request = async (sql: string, from: string): Promise<string> => {
    const response = await fetch(`${url}/?database=${from}`, {
      method: 'POST',
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
