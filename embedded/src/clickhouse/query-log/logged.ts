import type { Credentials } from '../authentication.ts'
import type { Outcome } from '../engine/engine.ts'
import { toServerException } from '../engine/errors.ts'
import type { Exchange, Query } from '../query.ts'
import { MAX_QUERY_CHARS, type EndedQuery, type QueryLog } from './query-log.ts'

/** Who keeps the log, and of whom. */
interface Keeper {
  readonly queryLog: QueryLog
  readonly credentials: Credentials
}

/**
 * Runs a statement and adds it to the log if it selects. One that may read the log finds everything in it that ended before.
 * @throws whatever `run` throws
 */
export async function logged(
  exchange: Exchange,
  { queryLog, credentials }: Keeper,
  query: Query,
  run: () => Promise<Outcome>,
): Promise<Outcome> {
  const kind = kindOf(query)
  if (kind === null) return run()
  if (query.text.includes('query_log')) await queryLog.flush()
  const startedAtMs = Date.now()
  const startedAt = performance.now()
  const add = (outcome: Outcome | null, exception: EndedQuery['exception']): void =>
    queryLog.add({
      ...about(exchange, query),
      kind,
      user: credentials.user,
      startedAtMs,
      durationMs: performance.now() - startedAt,
      resultRows: outcome?.resultRows ?? 0,
      resultBytes: outcome?.resultBytes ?? 0,
      writtenRows: outcome?.rowsWritten ?? 0,
      exception,
    })
  try {
    const outcome = await run()
    add(outcome, null)
    return outcome
  } catch (error) {
    const { code, message } = toServerException(error)
    add(null, { code, message })
    throw error
  }
}

function kindOf({ statement }: Query): EndedQuery['kind'] | null {
  switch (statement.kind) {
    case 'select':
      return 'Select'
    case 'insert select':
      return 'Insert'
    case 'insert':
    case 'command':
    case 'refused':
      return null
    default:
      return statement satisfies never
  }
}

function about(
  { request, response }: Exchange,
  { parameters, text }: Query,
): Pick<EndedQuery, 'queryId' | 'query' | 'database' | 'userAgent' | 'comment'> {
  const comment = parameters.settings.find(([name]) => name === 'log_comment')?.[1] ?? ''
  return {
    queryId: String(response.getHeader('X-ClickHouse-Query-Id') ?? ''),
    query: Buffer.from(text.slice(0, MAX_QUERY_CHARS), 'latin1').toString().trim(),
    database: parameters.database ?? 'default',
    userAgent: (request.headers['user-agent'] ?? '').slice(0, 200),
    comment: comment.slice(0, 1_000),
  }
}
