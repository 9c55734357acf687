/** One ClickHouse, past the proxy; every question throws when it cannot be asked. */
export interface Asker {
  /** A statement without a result. */
  command(sql: string): Promise<void>
  /** Rows of a query, as lists of texts. */
  ask(sql: string): Promise<Rows>
  /** The lines of a long answer, streamed. */
  lines(sql: string, timeoutMs: number): AsyncIterable<string>
}

export type Rows = readonly (readonly string[])[]

const TIMEOUT_MS = 20_000

export function createAsker(options: {
  readonly url: string
  readonly database: string
  readonly headers: Readonly<Record<string, string>>
}): Asker {
  const { url, database, headers } = options
  const post = (sql: string, timeoutMs: number): Promise<Response> =>
    fetch(`${url}/?database=${database}`, {
      method: 'POST',
      headers,
      body: sql,
      signal: AbortSignal.timeout(timeoutMs),
    })
  const lines = async function* (sql: string, timeoutMs: number) {
    yield* linesOf(await post(`${sql} FORMAT TSVRaw`, timeoutMs))
  }
  return {
    lines,
    ask: async (sql) => {
      const rows: string[][] = []
      for await (const line of lines(sql, TIMEOUT_MS)) rows.push(line.split('\t'))
      return rows
    },
    command: async (sql) => {
      const response = await post(sql, TIMEOUT_MS).catch((cause: unknown) => {
        throw new Error(`ClickHouse did not answer: ${sql}`, { cause })
      })
      const text = await response.text()
      if (!response.ok) throw new Error(`ClickHouse answered ${response.status}: ${text}`)
    },
  }
}

async function* linesOf(response: Response): AsyncGenerator<string> {
  if (!response.ok || response.body === null) {
    throw new Error(`ClickHouse answered ${response.status}: ${await response.text()}`)
  }
  let rest = ''
  for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + text).split('\n')
    rest = parts.pop() ?? ''
    yield* parts
  }
  if (rest !== '') throw new Error(`ClickHouse cut its answer after ${rest.slice(0, 200)}`)
}
