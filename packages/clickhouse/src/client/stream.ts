import type { ClickHouseClient } from '@clickhouse/client'
import type { Readable } from 'node:stream'
import { ClickHouseFailure, failureFromAnswer, failureFromError } from '../errors/failure.ts'
import type { StreamRequest } from './clickhouse.ts'
import { firstLine } from './requests.ts'

/** ClickHouse may compute so long in all. */
const MAX_EXECUTION_S = 3_600
/** Whoever sends nothing for so long has gone: the client itself waits without end once the answer has begun. */
const SILENT_MS = 60_000
/** ClickHouse cuts an exception behind a result at 16 KiB; so much is looked at before it is passed on. */
const MAX_EXCEPTION_BYTES = 20 * 1024

/**
 * The bytes of a result. The last of them are kept back until the end, because an exception after the first row stands
 * behind the rows, under status 200: between marks that the header names (ClickHouse 25.11), or as bare text (before).
 */
export async function* stream(
  client: ClickHouseClient,
  { sql, params = {}, signal }: StreamRequest,
): AsyncGenerator<Buffer, void, void> {
  const doing = firstLine(sql)
  let body: Readable | undefined
  try {
    const answer = await client.exec({
      query: sql,
      query_params: { ...params },
      clickhouse_settings: {
        max_execution_time: MAX_EXECUTION_S,
        http_write_exception_in_output_format: 0,
        output_format_json_quote_64bit_integers: 1,
      },
      ...(signal === undefined ? {} : { abort_signal: signal }),
    })
    body = answer.stream
    const tag = answer.response_headers['x-clickhouse-exception-tag']
    let tail: Buffer = Buffer.alloc(0)
    for await (const chunk of untilSilent(body, signal)) {
      const bytes = tail.length === 0 ? chunk : Buffer.concat([tail, chunk])
      const end = Math.max(0, bytes.length - MAX_EXCEPTION_BYTES)
      if (end > 0) yield bytes.subarray(0, end)
      tail = bytes.subarray(end)
    }
    const said = exceptionIn(tail, typeof tag === 'string' ? tag : null)
    if (said !== null) {
      throw new ClickHouseFailure(
        doing,
        failureFromAnswer({ status: 200, exceptionCode: undefined, body: said }),
      )
    }
    if (tail.length > 0) yield tail
  } catch (error) {
    throw error instanceof ClickHouseFailure
      ? error
      : new ClickHouseFailure(doing, failureFromError(error), error)
  } finally {
    body?.destroy()
  }
}

/** What ClickHouse said behind the rows; `null`: nothing. */
function exceptionIn(tail: Buffer, tag: string | null): string | null {
  if (tag === null) {
    const text = tail.toString('latin1')
    const start = /(?:^|\n)Code: \d+\. DB::/.exec(text)?.index
    return start === undefined ? null : tail.toString('utf8', start).trim()
  }
  const mark = Buffer.from(`__exception__\r\n${tag}\r\n`)
  const start = tail.indexOf(mark)
  return start === -1 ? null : tail.toString('utf8', start + mark.length).trim()
}

async function* untilSilent(body: Readable, signal?: AbortSignal): AsyncGenerator<Buffer> {
  const giveUp = (): void => void body.destroy(Object.assign(new Error('no byte came'), SILENT))
  let timer = setTimeout(giveUp, SILENT_MS)
  const onAbort = (): void => void body.destroy(new Error('stopped'))
  signal?.addEventListener('abort', onAbort, { once: true })
  try {
    for await (const chunk of body) {
      clearTimeout(timer)
      yield chunk as Buffer // no encoding was set
      timer = setTimeout(giveUp, SILENT_MS)
    }
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', onAbort)
  }
}

/** As Node names it of a socket. */
const SILENT = { code: 'ETIMEDOUT' }
