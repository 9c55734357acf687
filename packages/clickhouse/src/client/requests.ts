import { Readable } from 'node:stream'
import type { ClickHouseClient, ClickHouseSettings } from '@clickhouse/client'
import type { NativeInsert } from './clickhouse.ts'
import { quoteIdentifier } from './quote.ts'
import { ClickHouseFailure, failureFromAnswer, failureFromError } from '../errors/failure.ts'

/** Less than the client's own limit: ClickHouse gives up first, so that its answer, not our impatience, decides. */
export const MAX_EXECUTION_S = 25

/** All said explicitly: the embedded engine's defaults are not those of a server. */
const INSERT_SETTINGS: ClickHouseSettings = {
  async_insert: 0,
  wait_end_of_query: 1,
  insert_deduplicate: 0,
  input_format_skip_unknown_fields: 0,
  // No limit: whoever opens his window of timestamps sends events of a thousand months. A part a month is
  // written one after the other, 3,900 of them in 16 s on two cores; a limit would make each of them many parts.
  max_partitions_per_insert_block: '0',
  // Copies of an event within one block are left to the merges, as those of two blocks are: looking for
  // them takes a fifth of the CPU of an insert.
  optimize_on_insert: 0,
  max_execution_time: MAX_EXECUTION_S,
}

/** @param settings beside those of every insert */
export async function insertNative(
  client: ClickHouseClient,
  insert: NativeInsert,
  settings: ClickHouseSettings = {},
): Promise<void> {
  const columns = insert.columns.map(quoteIdentifier).join(', ')
  const doing = `inserting into ${insert.table}`
  const answer = await attempt(
    doing,
    async () => {
      const result = await client.exec({
        query: `INSERT INTO ${quoteIdentifier(insert.table)} (${columns}) FORMAT Native`,
        values: Readable.from(blockOf(insert), { objectMode: false }),
        clickhouse_settings: { ...INSERT_SETTINGS, ...settings },
        ignore_error_response: true,
        ...(insert.signal === undefined ? {} : { abort_signal: insert.signal }),
      })
      const code = result.response_headers['x-clickhouse-exception-code']
      return {
        status: result.http_status_code ?? 0,
        exceptionCode: typeof code === 'string' ? code : undefined,
        body: await readText(result.stream),
      }
    },
    insert.signal,
  )
  // A successful insert answers 200 and nothing else; text in the body is an exception that came late.
  if (answer.status === 200 && answer.body === '' && answer.exceptionCode === undefined) return
  throw new ClickHouseFailure(doing, failureFromAnswer(answer))
}

/** The connection is open and the request's head has left: only what may stop the process here comes between. */
function* blockOf({ block, mayBegin }: NativeInsert): Generator<Buffer> {
  if (mayBegin?.() === false) throw new NotBegun()
  yield block
}

/** Nothing of the block was sent. */
class NotBegun extends Error {
  readonly code = 'ENOTBEGUN'
  constructor() {
    super('the insert was not begun: what it rests on is not known any more')
    this.name = 'NotBegun'
  }
}

export interface QueryLimits {
  readonly signal?: AbortSignal | undefined
  /** ClickHouse gives the query up then, in seconds. */
  readonly limitS?: number
  /** Beside those of every query. */
  readonly settings?: ClickHouseSettings
}

export async function query<Row>(
  client: ClickHouseClient,
  sql: string,
  params: Readonly<Record<string, unknown>> = {},
  { signal, limitS = MAX_EXECUTION_S, settings = {} }: QueryLimits = {},
): Promise<Row[]> {
  const run = async (): Promise<Row[]> => {
    const result = await client.query({
      query: sql,
      query_params: { ...params },
      format: 'JSONEachRow',
      clickhouse_settings: {
        wait_end_of_query: 1,
        max_execution_time: limitS,
        output_format_json_quote_64bit_integers: 1,
        ...settings,
      },
      ...(signal === undefined ? {} : { abort_signal: signal }),
    })
    return result.json<Row>()
  }
  return attempt(firstLine(sql), run, signal)
}

export async function command(
  client: ClickHouseClient,
  sql: string,
  params: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  await attempt(firstLine(sql), () =>
    client.command({
      query: sql,
      query_params: { ...params },
      clickhouse_settings: { wait_end_of_query: 1 },
    }),
  )
}

async function attempt<T>(doing: string, run: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  try {
    signal?.throwIfAborted()
    return await (signal === undefined ? run() : unlessAborted(run(), signal))
  } catch (error) {
    throw new ClickHouseFailure(doing, failureFromError(error), error)
  }
}

/** The client ends its request by the signal, but looks at it no more once the answer has begun. */
async function unlessAborted<T>(running: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>()
  const onAbort = (): void => aborted.reject(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    return await Promise.race([running, aborted.promise])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

/** Bounded: nothing we ask here has a reason to answer more. */
const MAX_ANSWER_BYTES = 64 * 1024

async function readText(stream: Readable): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of stream) {
    const part = Buffer.from(chunk)
    bytes += part.length
    if (bytes <= MAX_ANSWER_BYTES) chunks.push(part)
  }
  return Buffer.concat(chunks).toString('utf8')
}

export function firstLine(sql: string): string {
  const line = sql.trim().split('\n', 1)[0] ?? ''
  return line.replace(IDENTIFIED, "$1 '…'").slice(0, 120)
}

/** What somebody is identified by: a hash is enough to look for its password. */
const IDENTIFIED = /\b(IDENTIFIED\b[^']*?) '.*'/g
